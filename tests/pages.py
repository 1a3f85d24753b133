"""Pages as government sites serve them, each around the same report.

A template gets the report's lines; what it adds (navigation, share bar, footer) must not be
read. Text that no reader may return contains one of `NOISE`.
"""

from __future__ import annotations

from html import escape

NOISE = (
    "首页", "政务公开", "当前位置", "字体", "打印", "关闭", "分享", "版权所有", "备案", "公网安备",
    "网站地图", "上一篇", "下一篇", "扫一扫", "无障碍", "搜索", "主办单位", "浏览次数", "责任编辑",
    "相关链接", "新闻要闻", "索引号", "function", "display", "设为收藏", "登录",
)  # fmt: skip
NAV = "".join(
    f'<li><a href="/{n}/">{name}</a></li>'
    for n, name in enumerate(["首页", "机构概况", "政务公开", "新闻要闻", "办事服务", "互动交流"])
)
SIDE = "".join(
    f'<li><a href="/xw/{n}.html">我市召开信访工作联席会议第{n}次全体会议，新闻要闻</a>'
    "<span>2025-03-0{n}</span></li>"
    for n in range(1, 9)
)
FOOTER = (
    "<p>版权所有：青禾县人民政府 主办单位：青禾县信访局 承办：青禾县大数据中心</p>"
    "<p>网站标识码：3500000001 闽ICP备05000001号-1 闽公网安备 35000002000001号</p>"
    '<p><a href="/map">网站地图</a> | <a href="/about">关于我们</a> 电话：0598-0000000</p>'
)


def modern(title, lines, date):
    """A portal of today: metadata in the head, an editor's spans in the text."""
    body = "".join(
        '<p style="text-indent: 2em;"><span style="font-family:仿宋">'
        f"{escape(t[: len(t) // 2])}</span><span>{escape(t[len(t) // 2 :])}</span></p>\n"
        for t in lines
    )
    return f"""<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8">
<title>{escape(title)}_政务公开_青禾县人民政府</title>
<meta name="ArticleTitle" content="{escape(title)}"><meta name="PubDate" content="{date} 09:30">
<meta name="ContentSource" content="青禾县信访局"><style>.a{{display:none}}</style></head><body>
<div class="top"><a href="#">无障碍</a><a href="#">登录</a><form><input value="搜索">
<button>搜索</button></form></div><nav><ul>{NAV}</ul></nav>
<div class="crumb">当前位置：<a href="/">首页</a> &gt; <a href="/zw">政务公开</a> &gt; 正文</div>
<div class="main"><h1>{escape(title)}</h1>
<div class="info">发布时间：{date} 09:30 来源：青禾县信访局 浏览次数：<span id="c"></span>
字体：[<a>大</a> <a>中</a> <a>小</a>]</div>
<div class="TRS_Editor" id="zoom">{body}</div>
<div class="share">分享到：<a>微信</a><a>微博</a></div>
<div class="tool"><a href="javascript:print()">打印</a> <a>关闭</a></div>
<p>上一篇：<a href="1.html">青禾县2023年信访工作报告</a></p><p>下一篇：没有了</p></div>
<script>function f(){{return "今年以来，"}}</script>
<footer>{FOOTER}</footer></body></html>"""


def tables(title, lines, date):
    """A site of 2005: layout tables, no metadata, paragraphs parted by <br>."""
    body = "<br>\n<br>\n".join("&nbsp;&nbsp;&nbsp;&nbsp;" + escape(t) for t in lines)
    return f"""<html><head><title>青禾县信访局网站</title></head><body bgcolor=#ffffff>
<table width=1000><tr><td><ul>{NAV}</ul></td></tr></table>
<table width=1000><tr><td width=200 valign=top><b>新闻要闻</b><ul>{SIDE}</ul></td>
<td><table><tr><td>您当前位置：<a href=/>首页</a>&gt;&gt;<a href=/gk>政务公开</a></td></tr>
<tr><td align=center><font size=5><b>{escape(title)}</b></font></td></tr>
<tr><td align=center>{date} 浏览次数：132</td></tr>
<tr><td class="bt_content"><font size=3>{body}</font></td></tr>
<tr><td align=right>【<a href="#" onclick="print()">打印</a>】【<a href=#>关闭</a>】</td></tr>
</table></td></tr></table><table width=1000><tr><td align=center>{FOOTER}</td></tr></table></body>
</html>"""


def disclosure(title, lines, date):
    """信息公开: a table of metadata stands before the text."""
    body = "".join(f"<p>　　{escape(t)}</p>" for t in lines)
    return f"""<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"/>
<title>{escape(title)}</title></head><body><div id="header"><ul>{NAV}</ul></div>
<div class="layout"><div class="left"><h3>政府信息公开目录</h3><ul>{SIDE}</ul></div>
<div class="right"><div class="xxgk"><table border="1"><tr><th>索引号</th><td>QH-0001-2025-001</td>
<th>主题分类</th><td>信访</td></tr><tr><th>发布机构</th><td>青禾县信访局</td><th>发布日期</th>
<td>{date}</td></tr><tr><th>名称</th><td colspan="3">{escape(title)}</td></tr></table></div>
<h2 class="tit">{escape(title)}</h2><div class="zoomcon" id="zoomcon">{body}</div>
<div class="ewm"><img src="q.png"><p>扫一扫在手机打开当前页</p></div></div></div>
<div class="footer">{FOOTER}</div></body></html>"""


def divs(title, lines, date):
    """Sections as nested <div>, the numbers in <strong>, more articles under the text."""
    body = "".join(
        f"<div><div><strong>{escape(t[:4])}</strong>{escape(t[4:])}</div></div>" for t in lines
    )
    return f"""<!doctype html><html><head><meta charset="utf-8">
<title>{escape(title)}-青禾县信访局</title>
<meta name="publishdate" content="{date}"></head><body><header><div>{NAV}</div></header>
<section class="wrap"><div class="position">当前位置：首页 / 法治政府建设</div>
<article><div class="article-title">{escape(title)}</div>
<div class="meta"><span>来源：本网</span><span>{date}</span><span>【字体：大 中 小】</span></div>
<div class="article-content">{body}<div>（责任编辑：张三）</div></div></article>
<aside><h4>相关链接</h4><ul>{SIDE}</ul></aside></section>
<footer><div>{FOOTER}</div></footer></body></html>"""


def office(title, lines, date):
    """Saved from Word as a web page: nothing but the report."""
    body = "".join(
        f"<p class=MsoNormal style='text-indent:32.0pt'><span\nlang=EN-US>{escape(t)}<o:p></o:p>"
        "</span></p>\n\n"
        for t in [title, *lines]
    )
    return f"""<html xmlns:o="urn:schemas-microsoft-com:office:office"><head>
<meta http-equiv=Content-Type content="text/html; charset=gb2312">
<meta name=Generator content="Microsoft Word 15"><title>{escape(title)}</title>
<style><!-- p.MsoNormal {{display:block}} --></style></head><body lang=ZH-CN><div class=Section1>
{body}</div></body></html>"""


def sloppy(title, lines, date):
    """Unclosed tags, sidebar after the text, share bar inside it, text in several boxes."""
    third = max(1, len(lines) // 3)
    parts = [lines[n : n + third] for n in range(0, len(lines), third)]
    body = "".join(
        '<div class="part">' + "".join(f"<p>{escape(t)}" for t in part) + "</div>" for part in parts
    )
    return f"""<html><head><meta charset=utf-8><title>青禾县 - {escape(title)}</title><body>
<div id=nav><ul>{NAV}</ul></div><center><h1>{escape(title)}</center>
<div align=center>时间：{date}　来源：青禾县　【<a>打印</a>】</div>
<div id=con>{body}<div class=bdsharebuttonbox><a>分享</a><a>微博</a></div>
</div><div id=side><h3>新闻要闻<ul>{SIDE}</ul></div><div id=foot>{FOOTER}"""


TEMPLATES = {f.__name__: f for f in (modern, tables, disclosure, divs, office, sloppy)}
