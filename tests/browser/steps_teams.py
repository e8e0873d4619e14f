"""What the teams and the parties of a task book do on the way: bid, sign, report, be paid, be accepted, give the result back."""

from dataclasses import dataclass, field

from playwright.sync_api import Page

from tests.browser.steps_office import open_project
from tests.browser.steps_stage import Stage, box, fill, follow, go, press, reads, tab, tick, unfold

ANSWERS = {
    "揭榜人": "陈立", "联系电话": "028-85400000", "团队优势": "做过同类修复三年。", "可行性依据": "两家工厂已试用。",
    "实施计划": "先样件后产线。", "进度安排": "样件，6，样件三件和检测报告，40\n产线验证，24，验收报告，60",
    "报价": "150", "自筹经费": "50", "经费预算": "设备费，120\n测试费，80",
}  # fmt: skip
DECLARATIONS = (
    "牵头单位和合作单位在榜单要求的年限内无不良信用记录", "同一内容没有从其他财政科技计划获得资助", "所填内容和附件真实，不含国家秘密",
)  # fmt: skip


@dataclass(frozen=True)
class Team:
    """Name the part that leads a bid, its partner if it has one, and what its approach says."""

    lead: str
    approach: str
    partner: str = ""
    names: dict[str, str] = field(default_factory=dict)


def begin_bid(stage: Stage, team: Team, title: str) -> Page:
    """Find the project among the public lists, and begin a bid."""
    page = stage.page_of(team.lead)
    go(page, "揭榜与合作", menu="揭榜")
    follow(page, title)
    follow(page, "我要揭榜")
    press(page, "开始填写")
    return page


def bid(stage: Stage, team: Team, title: str) -> None:
    """Write a bid, with a partner who agrees first, and hand it in."""
    page = begin_bid(stage, team, title)
    if team.partner:
        fill(page, {"按名称查找单位": team.names[team.partner]})
        press(page, "查找")
        press(page, "邀请联合揭榜")
        other = stage.page_of(team.partner)
        go(other, "揭榜与合作", menu="揭榜")
        press(other.locator("main .list-row", has_text=title), "同意参加")
        go(page, "揭榜与合作", menu="揭榜")
        follow(page.locator("main section", has_text="我的揭榜申请"), title)
        follow(page, "继续填写")
    fill(page, ANSWERS | {"技术方案": team.approach})
    _share(page, team)
    box(page, "目前成熟度").select_option("6")
    tick(page, *DECLARATIONS)
    press(page, "递交揭榜申请")
    reads(page, "已递交", title)


def _share(page: Page, team: Team) -> None:
    """Divide tasks and funds between lead and partner."""
    if not team.partner:
        return
    for who, task, share in ((team.lead, "总体与工艺", "70"), (team.partner, "装备与验证", "30")):
        row = page.get_by_role("group", name=team.names[who], exact=True)
        row.get_by_label("承担任务").fill(task)
        row.get_by_label("经费比例").fill(share)


def draft_task_book(stage: Stage, title: str) -> str:
    """Let the office draft the task book of the next awarded team and offer it; returns the team's name."""
    page = stage.page_of("government")
    open_project(page, title)
    tab(page, "任务书与实施")
    follow(page, "拟任务书")
    lead = page.locator("main .page-head .lead").inner_text()
    press(page, "保存")
    reads(page, "核对无误后送签")
    press(page, "送签")
    return lead


def sign(stage: Stage, title: str, *parties: str) -> None:
    """Let each party sign, the office last."""
    for who in parties:
        page = stage.page_of(who)
        go(page, "任务书", menu="揭榜")
        rows = page.locator("main .list-row", has_text=title).filter(has_text="待签署")
        follow(rows.first, title)
        press(page, "代表本单位签署")
    page = stage.page_of("government")
    press(page, "代表本单位签署")
    reads(page, "已签署")


def open_book(stage: Stage, who: str, title: str) -> Page:
    """Open the task book of a team as its lead sees it."""
    page = stage.page_of(who)
    go(page, "任务书", menu="揭榜")
    follow(page, title)
    return page


def office_book(stage: Stage, title: str, team_name: str) -> Page:
    """Open the task book of a team as the office sees it."""
    page = stage.page_of("government")
    open_project(page, title)
    tab(page, "任务书与实施")
    follow(page, team_name)
    return page


def pay(page: Page) -> None:
    """Enter every payment that can be made."""
    while page.locator("summary", has_text="登记拨付").count():
        row = page.locator("tr", has=page.locator("summary", has_text="登记拨付")).first
        unfold(row, "登记拨付")
        fill(row, {"凭证号": "2027-001"})
        press(row, "登记")


def name_team(stage: Stage, title: str, name: str) -> None:
    """Let the office name the team of a made-to-order project after its notice."""
    page = stage.page_of("government")
    open_project(page, title)
    tab(page, "任务书与实施")
    fill(page, {"牵头单位全称": name, "项目负责人": "陈立"})
    press(page, "指定")


def hand_in_at_gate(stage: Stage, who: str, gate: str) -> None:
    """Hand in what a team shows at a gate."""
    page = stage.page_of(who)
    go(page, "赛马考核", menu="揭榜")
    follow(page, gate)
    fill(page, {"完成情况": "样件三件合格。"})
    press(page, "提交材料")
    reads(page, "更换材料")


def do_milestones(stage: Stage, title: str, who: str, team_name: str) -> None:
    """Report every milestone with a file, have it confirmed, and have the money that hangs on it paid."""
    team = open_book(stage, who, title)
    report = {"name": "检测报告.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 report"}
    while team.locator("summary", has_text="报告完成").count():
        unfold(team, "报告完成")
        item = team.locator(".milestones li", has=team.locator("summary", has_text="报告完成")).first
        fill(item, {"完成情况": "样件三件，第三方检测合格。"})
        item.locator("input[type=file]").set_input_files(files=[report])
        stage.wait(days=30)
        press(item, "报告")
        office = office_book(stage, title, team_name)
        reads(office, "检测报告.pdf", "已报告，待确认")
        press(office, "确认完成")
        pay(office)
        team.reload()
    unfold(team, "提交报告")
    reports = team.locator("#reports")
    tick(reports, "进展报告")
    fill(reports, {"内容": "按计划推进。"})
    press(reports, "提交")


def accept(stage: Stage, title: str, who: str, team_name: str, measured: tuple[str, ...]) -> None:
    """Apply for acceptance with measured values; the office decides."""
    team = open_book(stage, who, title)
    unfold(team, "申请验收")
    form = team.locator("#apply")
    for place, value in enumerate(measured):
        form.locator(f"#measured-{place}-value").fill(value)
        form.locator(f"#measured-{place}-text").fill("省计量院检测")
    fill(form, {"完成情况": "样件和产线验证全部完成。"})
    press(form, "申请验收")
    office = office_book(stage, title, team_name)
    reads(office, "达到", *measured)
    decide = office.locator("#decide")
    tick(decide, "通过验收", "优秀")
    press(decide, "作出结论")
    pay(office)


def close(stage: Stage, title: str, outcome: str, winner: str = "") -> None:
    """Close the project with what the public reads."""
    page = stage.page_of("government")
    open_project(page, title)
    tab(page, "任务书与实施")
    if winner:
        tick(page, winner)
    fill(page, {"向公众说明的结果": outcome})
    press(page, "结题")
    visitor = stage.page_of("visitor")
    visitor.goto("/calls/archive")
    follow(visitor, title)
    reads(visitor, outcome, "已结题")


def give_back(stage: Stage, title: str, who: str) -> None:
    """Enter the result into the list of results, where it waits for completion."""
    page = open_book(stage, who, title)
    press(page, "把成果登记到成果库")
    reads(page, title, "草稿")
    go(page, "我的成果")
    reads(page, title)
