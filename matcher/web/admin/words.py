"""What the record of actions is called on its page; a code that has no word yet is shown as it is."""

from matcher.core.labels import Label

ENTITIES = {
    "need": Label("需求", "Need"),
    "offer": Label("成果", "Result"),
    "pairing": Label("匹配", "Pairing"),
    "person": Label("账号", "Account"),
    "organisation": Label("机构", "Organisation"),
    "event": Label("对接会", "Meeting day"),
    "project": Label("课题", "Project"),
    "bid": Label("揭榜申请", "Bid"),
    "introduction": Label("引荐", "Introduction"),
    "thread": Label("对话", "Conversation"),
    "message": Label("消息", "Message"),
    "delivery": Label("邮件", "Mail"),
    "ranker": Label("排序版本", "Ranker"),
}
VERBS = {
    "create": Label("新建", "created"),
    "edit": Label("修改", "changed"),
    "import": Label("导入", "imported"),
    "export": Label("导出", "exported"),
    "look": Label("查看不公开内容", "looked at what is confidential"),
    "accept": Label("采纳", "accepted"),
    "decline": Label("拒绝", "declined"),
    "defer": Label("暂缓", "put off"),
    "reopen": Label("撤销决定", "reopened"),
    "assign": Label("指派", "assigned"),
    "take_over": Label("接手", "taken over"),
    "introduce": Label("引荐", "introduced"),
    "approve": Label("通过", "approved"),
    "refuse": Label("拒绝", "refused"),
    "password": Label("密码变更", "password changed"),
    "publish": Label("发布", "published"),
    "return": Label("退回", "returned"),
    "withdraw": Label("撤回", "withdrawn"),
    "send_again": Label("重新发出", "sent again"),
    "sign-in": Label("登录", "signed in"),
    "sign-up": Label("注册", "signed up"),
}
PAGES = {"need": "public.need", "offer": "public.offer", "organisation": "public.organisation"}


def entity_word(code: str) -> Label:
    """Return what a kind of thing is called."""
    return ENTITIES.get(code, Label(code, code))


def verb(action: str) -> Label:
    """Return what was done, of a code such as `need.create`."""
    code = action.rpartition(".")[2]
    return VERBS.get(code, Label(code, code))
