"""The words that the grammar of indicators knows by name; nothing here reads a report."""

from __future__ import annotations


def words_in(text: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(text.split())


# Ways of a change that say so without a basis.
SURE = words_in(
    """
    上升 下降 增长 减少 回落 压降 压减 缩短 下滑 上涨 多出 高出上年 高出去年
    降幅 增幅 涨幅 升幅
    """
)
# Verbs that say nothing of what is measured.
LIGHT = words_in(
    """
    开展 举办 召开 组织 进行 实施 举行 实行 做 办 开 发生 有 作 搞 坚持
    """
)
# Verbs that follow their object in the name of an indicator.
PROCESS = words_in(
    """
    排查 化解 受理 办理 办结 登记 调处 调解 督办 交办 回访 评查 审核 复查
    复核 核查 救助 处置 评估 摸排 接待 整改 督查 宣讲 培训 查处 帮扶 清理
    走访 发放 印发 印制 编印 悬挂 摆放 张贴 移送 追回 挽回 排出 录入 抽查
    抽检 检查
    """
)
# Words that end the name of what is counted.
STOP = words_in(
    """
    长达 其中 一组 升至 降到 降至 在 于 被 由 对 已 均 全部 与 和 及 并 按 以 为 向 从 将 把 给 中
    里 内 外 前 后 以上 以下 以内 左右 仍 仅 只 还 又 再 就 都 也 分别
    轮流 每 各 未 没有 没 不足 是 的 了 一 可 需 须 要 应 能 用 来 去
    到 至 占 比 较 同 但 而 或 等 之 随 经 因 如 先 当场 当天 同步 继续
    逐 逐一 逐户 逐人 逐件 集中 同时 按期 按月 定期 多次 共同 同台 一起 分批
    连续
    """
)
# What is done, and may have a number.
VERBS = (
    PROCESS
    | LIGHT
    | words_in(
        """
    转办 转送 接访 约访 下访 约见 宣传 参训 参加 参与 聘请 选派 抽调 邀请
    遴选 选聘 配备 设立 设置 设 建立 成立 组建 签订 制定 修订 出台 发出 下发
    编发 发 移交 导入 引导 分流 转入 进入 追缴 追讨 追赃 兑付 返还 筹集 筹措
    投入 投资 安排 列支 拨付 争取 惠及 覆盖 涉及 收到 收集 征集 采纳 提出
    形成 推动 促成 达成 完成 纠正 发现 挂牌 摘牌 约谈 通报 问责 追责 处分
    诫勉 警告 训诫 拘留 教育 劝返 入户 会见 协调 签批 审签 主持 研究 审定
    讲授 旁听 答复 解答 咨询 代写 起草 出具 维持 撤销 变更 改变 送审 审查
    审读 废止 修改 保留 开设 播放 推送 录制 编排 发布 公开 更新 建成 安装
    布设 连线 接通 拨打 询问 监测 预警 抽取 追究 立案 查封 冻结 公布 解决
    落实 兑现 调度 会商 研判 讨论 学习 授课 评出 表彰 表扬 批评 取消 深入
    帮助 为 补发 补办 交付 复工 签约 选送 派出 派驻 进驻 下沉 划分 评选 指派
    投放 开通 化验 签署 执行 通过 撰写 审批 批准 发动 运用 处理 提供 协助
    坐班 值班 值守 轮流 轮训 负责 认领 领办 包案 获得 获 取得 拿出 坐诊 驻点
    反映 认为 用于 享受 面对面 统一 列入 落户 排班 就 实现 达到 选配 送达 赴
    回应 受到 使用 给予 用时 调整 提请 报请 转为 帮 谈成 办成 签收 听取 支持
    同意 安置 谈 看 送
    """
    )
)
# Ways of a change that make less.
DOWN = words_in(
    """
    下降 减少 降低 回落 压降 压减 缩短 下滑 降幅 少 低 降 减
    """
)
# Of two to nine, these units may only close a list.
LIST_UNITS = words_in(
    """
    个 家 件 块
    """
)
# Of two to nine, these units count words.
NEVER_COUNTED = words_in(
    """
    项 类 种 条 档 头 道 块 大类
    """
)
# Units of time.
DURATIONS = words_in(
    """
    年 个月 天 日 周 小时 分钟 工作日
    """
)
