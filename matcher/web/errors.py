"""Errors to HTTP, once for all pages; every page says what to do, in the page's language."""

from dataclasses import dataclass

from flask import Flask, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from matcher.core.errors import Conflict, DomainError, InvalidInput, NotAllowed, NotFound
from matcher.core.labels import Label
from matcher.core.permissions import SIGN_IN
from matcher.web.context import current_actor, platform
from matcher.web.language import LANGUAGES, t
from matcher.web.logs import log

STATUS: dict[type[DomainError], int] = {NotFound: 404, NotAllowed: 403, Conflict: 409, InvalidInput: 422}


@dataclass(frozen=True, slots=True)
class Advice:
    """Say what happened and what the reader can do about it."""

    title: Label
    text: Label


ADVICE = {
    400: Advice(
        Label("请求有误", "The request could not be read"),
        Label("请返回上一页，刷新后重试。", "Go back, reload the page and try again."),
    ),
    403: Advice(
        Label("没有权限", "Not for this account"),
        Label(
            "如果您认为应当可以访问，请换用有权限的账号登录，或联系平台管理员。",
            "If you should be able to open this, sign in with another account or ask the administrator.",
        ),
    ),
    404: Advice(
        Label("找不到页面", "Page not found"),
        Label(
            "请核对网址；内容也可能已经撤回或没有公开。可以从需求清单或成果库重新查找。",
            "Check the address; the content may have been withdrawn or not be public. Try the lists of needs or results.",
        ),
    ),
    405: Advice(
        Label("不能这样打开", "This address cannot be opened this way"),
        Label("请从页面上的按钮进入。", "Use the button on the page instead."),
    ),
    409: Advice(
        Label("内容已有变化", "Something has changed meanwhile"),
        Label(
            "请返回并刷新页面，查看最新内容后再操作。", "Go back, reload the page and look at the present state first."
        ),
    ),
    413: Advice(
        Label("提交的内容太大", "Too large"),
        Label(
            "一次最多提交 {limit} MB。请缩小文件，或分成几次提交。",
            "At most {limit} MB can be sent at once. Make the file smaller or send it in parts.",
        ),
    ),
    422: Advice(
        Label("有内容需要修改", "Some answers need a change"),
        Label("请返回上一页，按提示修改后再提交。", "Go back, change what is marked and send it again."),
    ),
    500: Advice(
        Label("系统出错了", "Something went wrong on our side"),
        Label(
            "您的数据没有改变。请稍后重试；如果仍然出错，请把下面的编号告诉平台管理员。",
            "Your data is unchanged. Try again later; if it happens again, give the administrator the number below.",
        ),
    ),
}
FORGED = Label(
    "页面停留太久或会话已变更，为安全起见没有提交。请返回上一页，刷新后再提交。",
    "The page was open too long or the session changed, so nothing was sent. Go back, reload and send it again.",
)


def configure_errors(app: Flask) -> None:
    """Answer every error with a page."""
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _crash)


def _domain_error(error: DomainError) -> ResponseReturnValue:
    status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
    if status == 403 and current_actor().person_id is None and error.message == SIGN_IN:
        flash(t(error.message), "info")
        wanted = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("account.sign_in", next=wanted))
    problems = error.problems if isinstance(error, InvalidInput) else ()
    return _page(status, error.message, [problem.message for problem in problems])


def _forged(error: CSRFError) -> ResponseReturnValue:
    return _page(400, FORGED)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    return _page(error.code or 500)


def _crash(error: Exception) -> ResponseReturnValue:
    log.error("crash", path=request.path, exc_info=error)
    # The database may be what failed: the page must not ask it who is signed in.
    g.language = session.get("lang") if session.get("lang") in LANGUAGES else "zh"
    return _page(500)


def _page(status: int, message: Label | None = None, details: list[Label] | None = None) -> ResponseReturnValue:
    advice = ADVICE.get(status) or ADVICE[500 if status >= 500 else 400]
    text = advice.text.format(limit=platform().settings.max_upload_mb) if status == 413 else advice.text
    template = "error_plain.html" if status >= 500 else "error.html"
    page = render_template(
        template, status=status, title=advice.title, message=message, details=details or [], advice=text
    )
    return page, status
