"""A script as an article of a government site: three sites, each with its own surroundings.

Everything but the article (menus, share bars, lists of other articles, disclaimers, footers)
is what such sites print; none of it may be read. The sites are invented.
"""

from __future__ import annotations

from html import escape

from tests.bench.scripts import Script, Typed

PORTAL = """<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="UTF-8"><meta name="viewport" content="width=device-width">
<title>{title}_信访工作_临水市人民政府门户网站</title>
<meta name="SiteName" content="临水市人民政府门户网站"><meta name="ColumnName" content="信访工作">
<meta name="ArticleTitle" content="{title}"><meta name="PubDate" content="{date} 16:42">
<meta name="ContentSource" content="市信访局"><meta name="description" content="{summary}">
<link rel="stylesheet" href="/css/base.css"><script src="/js/jquery.min.js"></script></head>
<body class="detail"><!-- 头部 --><div class="topbar"><div class="w1200"><ul class="fr">
<li><a href="/wza">无障碍浏览</a></li><li><a href="/zl">长者模式</a></li>
<li><a href="/en">EN</a></li></ul><div class="fl date">今天是<span id="today"></span></div>
</div></div>
<div class="header w1200"><a href="/"><img src="/logo.png" alt="临水市人民政府"></a>
<form class="search" action="/so"><input name="q" placeholder="请输入关键字">
<button>搜索</button></form></div><div class="menu"><ul class="w1200">{menu}</ul></div>
<div class="w1200 path">您的位置：<a href="/">首页</a> &gt; <a href="/zwgk">政务公开</a> &gt;
<a href="/zwgk/bmgk">部门公开</a> &gt; <a href="/xfj">信访局</a></div>
<div class="w1200 content"><div class="art"><h1 class="art-title">{title}</h1>
<div class="art-info"><span>发布时间：{date} 16:42</span><span>来源：市信访局</span>
<span>浏览量：<em id="hits">1286</em>次</span>
<span class="fs">字体：<a href="javascript:;">大</a><a href="javascript:;">中</a>
<a href="javascript:;">小</a></span><span><a href="javascript:window.print()">打印</a></span></div>
<div class="art-con" id="UCAP-CONTENT"><div class="view TRS_UEDITOR trs_paper_default">
{body}
</div></div>
<div class="art-foot"><p class="editor">[责任编辑：周某某 审核：郑某某]</p>
<div class="jiathis_style share">分享到：<a class="jtico_weixin">微信</a>
<a class="jtico_tsina">新浪微博</a><a class="jtico_qzone">QQ空间</a></div>
<div class="qr"><img src="/qr.png"><p>扫一扫在手机打开当前页</p></div>
<div class="statement"><p>本网声明：凡本网注明“来源：临水市人民政府门户网站”的所有作品，
版权均属本网所有，未经授权不得转载、摘编或利用其它方式使用；已获授权的，应注明来源，违者本网将追究其相关法律责任。</p></div>
<ul class="pn"><li>上一篇：<a href="t1.html">市信访局召开2024年度述职述廉大会</a></li>
<li>下一篇：<a href="t2.html">市信访局2024年部门预算公开说明</a></li></ul></div></div>
<div class="side"><h3>相关阅读</h3><ul>{others}</ul><h3>政策解读</h3><ul>{others}</ul></div>
</div><div class="footer"><div class="w1200"><div class="flink">友情链接：<select>
<option>省政府部门</option><option>各县（市、区）</option></select></div>
<p>主办：临水市人民政府办公室　承办：临水市大数据中心</p>
<p>联系电话：0990-1234567（工作时间，不受理信访投诉）　地址：临水市行政中心1号楼，邮编：990000</p>
<p>网站标识码：9900000001　苏ICP备99000001号-1　苏公网安备 99000002000001号</p></div></div>
<script>document.getElementById("today").innerHTML = "2025年，星期二。";</script></body></html>"""

DISCLOSURE = """<html xmlns="http://www.w3.org/1999/xhtml"><head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8" />
<title>{title}</title><style type="text/css">.xxgk td {{ padding: 4px; }}</style>
<script type="text/javascript">var docid = 20250121; function doZoom(n) {{ return n; }}</script>
</head><body><div id="head"><div class="banner">政府信息公开</div>
<div class="nav">{menu}</div></div>
<div id="main"><div id="left"><div class="lt">公开指南</div><div class="lt">公开制度</div>
<div class="lt on">法定主动公开内容</div><ul class="tree">{others}</ul>
<div class="lt">政府信息公开年报</div><div class="lt">依申请公开</div></div><div id="right">
<div class="crumb">当前位置： <a href="/">首页</a> /
<a href="/xxgk">法定主动公开内容</a> / 法治政府建设</div>
<table class="xxgk" width="100%" border="0" cellspacing="0"><tbody>
<tr><td><b>索 引 号：</b></td><td>LS0012-0101-2025-00007</td><td><b>信息分类：</b></td>
<td>法治政府建设 / 年度报告</td></tr>
<tr><td><b>发布机构：</b></td><td>信访局</td><td><b>生成日期：</b></td><td>{date}</td></tr>
<tr><td><b>文　　号：</b></td><td>无</td><td><b>有 效 性：</b></td><td>有效</td></tr>
<tr><td><b>名　　称：</b></td><td colspan="3">{title}</td></tr></tbody></table>
<div class="title">{title}</div><div class="fun">【字体：<a onclick="doZoom(18)">大</a>
<a onclick="doZoom(16)">中</a> <a onclick="doZoom(14)">小</a>】
<a onclick="window.print()">【打印】</a> <a onclick="window.close()">【关闭】</a></div>
<div id="zoom">
{body}
</div>
<div class="fj"><b>附件：</b><a href="P0.docx">{title}.docx</a></div>
<div class="xgjd"><b>相关解读：</b></div>
<div class="ewm"><img src="ewm.jpg" width="90" /><br />扫描二维码查看手机版</div></div></div>
<div id="foot"><p>版权所有：临水县人民政府　主办：临水县人民政府办公室
技术支持：某某信息技术有限公司</p>
<p>苏ICP备99000002号　网站标识码 9900000002　<a href="/wzdt">网站地图</a></p>
<p>为确保最佳浏览效果，建议您使用以下浏览器版本：IE浏览器9.0版本及以上，
或Chrome浏览器63版本及以上。</p></div>
</body></html>"""

TABLES = """<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312">
<title>临水区信访局</title><meta name="keywords" content="信访,信访局,临水区"></head>
<body leftmargin=0 topmargin=0 bgcolor="#f0f0f0"><table width=960 align=center cellpadding=0><tr>
<td colspan=2><img src="images/top.jpg" width=960 height=150></td></tr>
<tr><td colspan=2 bgcolor=#cc0000><table width="100%"><tr>{cells}</tr></table></td></tr>
<tr><td colspan=2><marquee>热烈祝贺全区信访工作会议胜利召开！</marquee></td></tr>
<tr><td width=210 valign=top><table width="100%"><tr><td background="images/t.gif">
<b>站内搜索</b></td></tr><tr><td><form><input type=text size=12>
<input type=submit value="搜索"></form></td></tr>
<tr><td background="images/t.gif"><b>最新动态</b></td></tr><tr><td>{list}</td></tr></table></td>
<td valign=top><table width="100%" bgcolor=#ffffff><tr><td>当前位置：<a href="index.asp">首页</a> →
<a href="list.asp?id=7">公示公告</a> → 浏览文章</td></tr>
<tr><td align=center height=60><font color=red size=5><b>{title}</b></font></td></tr>
<tr><td align=center><font size=2 color=#666666>作者：办公室　来源：本站　发布时间：{date}
　点击：<script src="count.asp?id=311"></script>次</font></td></tr><tr><td><hr size=1></td></tr>
<tr><td style="font-size:16px;line-height:200%" id=fontzoom>{body}</td></tr>
<tr><td align=right>【<a href="javascript:history.go(-1)">返回</a>】【
<a href="javascript:print()">打印</a>】【<a href="javascript:close()">关闭</a>】</td></tr>
<tr><td>·上一篇文章：<a href="310.asp">关于清明节放假的通知</a><br>·下一篇文章：没有了</td></tr>
</table></td></tr><tr><td colspan=2 align=center><font size=2>临水区信访局　版权所有<br>
地址：临水区解放路1号　电话：0990-7654321　您是第 1024768 位访客<br>
建议使用IE6.0以上浏览器，分辨率1024×768</font></td></tr></table></body></html>"""

MENU = ("首页", "走进临水", "新闻中心", "政务公开", "政务服务", "互动交流", "专题专栏")
OTHERS = (
    "市信访局2023年法治政府建设工作情况报告",
    "市信访局开展《信访工作条例》集中宣传活动",
    "市领导到人民来访接待中心接待来访群众，强调用心用情解决群众合理诉求",
    "关于公布2025年市级领导干部接访安排的公告",
    "全市信访工作联席会议全体会议召开",
)


def full(line: Typed) -> tuple[str, str]:
    """(heading with its number, rest), ready for HTML."""
    heading = line.number + line.text[: line.heading] if line.heading else ""
    rest = line.text[line.heading :] if heading else line.number + line.text
    return escape(heading), escape(rest)


def portal(script: Script) -> bytes:
    """A portal of today; the document's own title lines stand in the article again."""
    body = []
    for line in script.lines:
        heading, rest = full(line)
        if line.kind == "front":
            body.append(f'<p style="text-align: center;"><strong>{rest}</strong></p>')
        elif line.kind == "signed":
            body.append(f'<p style="text-align: right;">{rest}&nbsp;&nbsp;&nbsp;</p>')
        else:
            bold = f"<strong>{heading}</strong>" if heading else ""
            body.append(f'<p style="text-indent: 2em; line-height: 2em;">{bold}{rest}</p>')
    items = "".join(f'<li><a href="/c{n}/">{name}</a></li>' for n, name in enumerate(MENU))
    return fill(PORTAL, script, "\n".join(body), items).encode("utf-8")


def disclosure(script: Script) -> bytes:
    """信息公开: pasted from Word, so that a line is many spans; digits in a font of their own."""
    body = []
    for line in script.lines:
        heading, rest = full(line)
        align = {"front": "center", "signed": "right"}.get(line.kind, "justify")
        indent = "text-indent:32pt;" if align == "justify" else ""
        body.append(
            f'<p class="MsoNormal" style="margin:0;{indent}text-align:{align}">'
            + (
                f'<b><span style="font-family:楷体_GB2312">{spans(heading)}</span></b>'
                * bool(heading)
            )
            + f'<span style="font-family:仿宋_GB2312;font-size:16pt">{spans(rest)}</span></p>'
            + ('<p class="MsoNormal"><span>&nbsp;</span></p>' if line.kind == "front" else "")
        )
    items = "".join(f'<a href="/c{n}/">{name}</a> | ' for n, name in enumerate(MENU))
    return fill(DISCLOSURE, script, "\n".join(body), items).encode("utf-8")


def spans(text: str) -> str:
    """Digits in spans of their own, as Word writes them."""
    parts, inside = [], False
    for char in text:
        if char.isascii() and char.isdigit() and not inside:
            parts.append('<span lang="EN-US" style="font-family:Times New Roman">')
            inside = True
        elif inside and not (char.isascii() and char.isdigit()):
            parts.append("</span>")
            inside = False
        parts.append(char)
    return "".join(parts) + "</span>" * inside


def tables(script: Script) -> bytes:
    """A site of 2005 in GB18030: the article has no title lines of its own, <br> between
    paragraphs, the date of publication the only one beside the text's."""
    lines = ["　　" + "".join(full(line)) for line in script.lines if line.kind != "front"]
    body = "<br><br>\n".join(f"<font face=宋体>{line}</font>" for line in lines)
    links = "".join(f'<td align=center><a href="{n}.asp">{s}</a></td>' for n, s in enumerate(MENU))
    return fill(TABLES, script, body, links).encode("gb18030")


def fill(template: str, script: Script, body: str, menu: str) -> str:
    """A page with its article and its lists of other things."""
    others = "".join(f'<li><a href="o{n}.html">{name}</a></li>' for n, name in enumerate(OTHERS))
    text = next((line.text for line in script.lines if line.kind == "body"), "")
    return template.format(
        title=escape(script.title),
        date=script.date,
        summary=escape(text[:60]),
        body=body,
        menu=menu,
        cells=menu,
        others=others,
        list=others.replace("<li>", "·").replace("</li>", "<br>"),
    )
