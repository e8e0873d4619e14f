"""What the office and its experts do on the way: need to project, argument, notice, list, evaluation, award."""

from playwright.sync_api import Page

from tests.browser.steps_stage import Stage, fill, follow, go, press, reads, tab, tick, unfold

EXPERTS = ("expert_1", "expert_2", "expert_3")
TERMS = {
    "完成时限（月）": "24", "企业投入": "900", "财政资金": "300", "其中揭榜方所得": "150",
    "揭榜方条件": "近三年无不良信用记录。",
}  # fmt: skip
ORDER_TERMS = TERMS | {"揭榜方条件": ""}
REASON = "链主企业承诺配套资金和试验场地，先行立项。"


def set_up(page: Page, title: str, mode: str = "揭榜挂帅", teams: str = "1", **more: str) -> None:
    """Fill the form of a project that its needs have begun, and hand it to the experts."""
    fill(page, TERMS | {"项目名称": title, "赛马并行团队数": teams} | more)
    tick(page, mode, "双方共有", "需求方无法依靠自身力量解决", "企业自筹资金已落实", "内容不涉及国家秘密")
    press(page, "保存")
    reads(page, title, "草拟")


def new_list(stage: Stage, title: str) -> None:
    """Write a list that takes bids from the tenth day for three weeks."""
    page = stage.page_of("government")
    go(page, "榜单", menu="立题")
    follow(page, "新建榜单")
    tick(page, "政府榜")
    fill(page, {
        "榜单名称": title, "说明": "面向重点产业链的共性难题。", "联系方式": "科技局项目处 028-00000000",
        "揭榜开始时间": f"{stage.day(10)} 09:00:00", "揭榜截止时间": f"{stage.day(31)} 17:00:00",
    })  # fmt: skip
    press(page, "保存")
    reads(page, title, "还没有项目")


def open_project(page: Page, title: str) -> None:
    """Find a project in the office's list."""
    go(page, "立题项目", menu="立题")
    follow(page, title)


def put_on_list(page: Page, title: str, list_title: str) -> None:
    """Put a project on a list."""
    open_project(page, title)
    option = page.get_by_label("榜单", exact=True).locator("option", has_text=list_title).inner_text()
    page.get_by_label("榜单", exact=True).select_option(label=option)
    press(page, "放入榜单")
    reads(page, list_title)


def ask_experts(stage: Stage, due_in: int = 5, gate: str = "", stage_name: str = "立项论证") -> None:
    """Set up a panel from the tab of a project and invite the experts."""
    page = stage.page_of("government")
    tab(page, "专家与评审")
    follow(page, f"组织{stage_name}" + (f"：{gate}" if gate else ""))
    fill(page, {"截止日期": str(stage.day(due_in)), "每个对象至少几份有效意见": str(len(EXPERTS))})
    press(page, "保存并挑选专家")
    for expert in EXPERTS:
        tick(page, f"{expert} 教授")
    press(page, "邀请选中的专家")
    reads(page, "等待答复", *EXPERTS)


def judge(stage: Stage, title: str, marks: dict[str, int]) -> None:
    """Let every expert accept, and mark each subject by the words that its page holds."""
    for place, expert in enumerate(EXPERTS):
        page = stage.page_of(expert)
        go(page, "评审任务")
        open_task = page.locator("main .list-row", has_text="等待答复").filter(has_text=title)
        follow(open_task, title)
        page.get_by_label("我声明", exact=False).check()
        press(page, "接受邀请")
        while page.locator("main .list-row", has_text="未打分").count():
            _fill_sheet(page, marks, place)


def _fill_sheet(page: Page, marks: dict[str, int], place: int) -> None:
    row = page.locator("main .list-row", has_text="未打分").first
    follow(row, row.get_by_role("link").first.inner_text())
    text = page.inner_text("main")
    mark = next((mark for words, mark in marks.items() if words in text), 80)
    for one in page.locator(".mark-row input").all():
        one.fill(str(mark + place))
    tick(page, "同意" if mark >= 60 else "不同意")
    fill(page, {"意见和理由": "指标可以考核，路线清楚。"})
    press(page, "提交")


def close_panel(page: Page) -> None:
    """Close the panel whose sheets are all in."""
    tab(page, "专家与评审")
    reads(page, "意见已齐")
    unfold(page, "结束评审")
    press(page, "确认结束")


def argue(stage: Stage, title: str) -> None:
    """Hand a draft to the experts, who argue it."""
    page = stage.page_of("government")
    open_project(page, title)
    press(page, "提交论证")
    ask_experts(stage)
    judge(stage, title, {})
    close_panel(page)


def announce(stage: Stage, title: str) -> None:
    """Decide to set the project up; its notice is public, runs its days, and nobody can shorten it."""
    page = stage.page_of("government")
    tab(page, "立项")
    reads(page, "专家论证")
    fill(page, {"决定立项的理由": REASON})
    press(page, "立项并公示 7 天")
    reads(page, "立项公示")
    visitor = stage.page_of("visitor")
    visitor.goto("/calls/notices")
    follow(visitor, title)
    reads(visitor, title)
    stage.wait(days=8)


def publish(stage: Stage, list_title: str, *titles: str) -> None:
    """Publish a list as a whole; then its time for bids comes."""
    page = stage.page_of("government")
    go(page, "榜单", menu="立题")
    follow(page, list_title)
    press(page, "发榜")
    reads(page, "已发榜", *titles)
    stage.wait(days=3)
    open_project(page, titles[0])
    reads(page, "揭榜中")


def evaluate(stage: Stage, title: str, marks: dict[str, int], chosen: tuple[str, ...]) -> None:
    """After the deadline: formal check, experts' marks by what a bid says, the best announced and awarded."""
    page = stage.page_of("government")
    open_project(page, title)
    tab(page, "揭榜")
    reads(page, "密封")
    stage.wait(days=25)
    open_project(page, title)
    tab(page, "揭榜")
    reads(page, "形式审查")
    while page.get_by_role("button", name="通过", exact=True).count():
        press(page.locator("main .list-row", has_text="递交时间").first, "通过")
    ask_experts(stage, stage_name="揭榜评审")
    judge(stage, title, marks)
    close_panel(page)
    tab(page, "揭榜")
    for lead in chosen:
        tick(page, lead)
    press(page, "拟揭榜公示")
    reads(page, "公示期到")
    stage.wait(days=8)
    open_project(page, title)
    tab(page, "揭榜")
    press(page, "确定揭榜结果")
    reads(page, "待签任务书")


def need_to_project(page: Page, need: str) -> None:
    """Find an open need on the public list and begin a project from it."""
    go(page, "需求清单")
    follow(page, need)
    follow(page, "立项")


def plan_gate(stage: Stage, title: str, gate: str) -> None:
    """Plan a gate of a race that lets one team go on."""
    page = stage.page_of("government")
    open_project(page, title)
    tab(page, "赛马节点")
    follow(page, "增加节点")
    fill(page, {
        "节点名称": gate, "材料截止": str(stage.day(120)), "要提交的材料": "样件三件与检测报告", "拨付比例（%）": "20",
        "最多留几个团队": "1",
    })  # fmt: skip
    press(page, "保存")
    reads(page, gate, "未到")


def open_gate(stage: Stage, title: str) -> None:
    """Begin the review of the next gate."""
    page = stage.page_of("government")
    open_project(page, title)
    tab(page, "赛马节点")
    press(page, "开始考核")
    reads(page, "考核中")


def decide_gate(stage: Stage, title: str, outcomes: dict[str, str]) -> None:
    """Decide on every team of a gate, by the names of the teams; what leaves no trace was not decided."""
    page = stage.page_of("government")
    open_project(page, title)
    tab(page, "赛马节点")
    follow(page, "查看材料并决定")
    for name, outcome in outcomes.items():
        team = page.locator("main form section", has=page.get_by_role("heading", name=name))
        reads(page, "样件三件合格")
        tick(team, outcome)
        fill(team, {"得分（0–100）": "88" if outcome == "通过" else "61", "理由": "按同样的标准比较。"})
    press(page, "确认考核结果")
    reads(page, "已定", *outcomes.values())
