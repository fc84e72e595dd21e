"""Opening pages in a browser, for the tests of this folder."""

from __future__ import annotations

from contextlib import contextmanager

MEASURED = "subtree hidden by content-visibility"  # said when a test asks what is visible


@contextmanager
def opened(browser, path, *, scheme="light", scripts=True, width=1280, fragment="", within=None):
    """Open a page and hand it over; nothing may be requested, refused or complained about.

    The page is opened at ``fragment``. The pages of a site may request what lies ``within`` it.
    """
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts
    )
    page = context.new_page()
    page.set_default_timeout(60_000)  # machines of CI can be slow
    trouble: list[str] = []
    allowed = ("data:", "about:", (within or path).as_uri())
    page.on(
        "console",
        lambda message: (
            trouble.append(f"console: {message.text}") if MEASURED not in message.text else None
        ),
    )
    page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
    page.on("dialog", lambda dialog: (trouble.append("dialog"), dialog.dismiss()))
    page.on(
        "request",
        lambda request: (
            trouble.append(f"request: {request.url[:80]}")
            if not request.url.startswith(allowed)
            else None
        ),
    )
    if scripts:
        page.add_init_script(
            "window.refused = []; document.addEventListener('securitypolicyviolation', "
            "(event) => window.refused.push(event.violatedDirective));"
        )
    page.goto(path.as_uri() + (f"#{fragment}" if fragment else ""))
    yield page
    if scripts:
        trouble += [f"refused: {directive}" for directive in page.evaluate("window.refused")]
    context.close()
    assert trouble == [], trouble


def see_everything(page):
    """Go to every input and see it, so that all that is made when seen is made."""
    for view in page.locator(".view").all():
        go_to(page, view.get_attribute("id"))
        see(page, view)


def see(page, view):
    """Open all that is folded in a view and scroll through it."""
    view.evaluate("view => view.querySelectorAll('details').forEach((fold) => (fold.open = true))")
    for figure in view.locator("figure.chart:visible, .explorer:visible").all():
        wait_until_live(page, figure)


def wait_until_live(page, figure):
    """Scroll to a chart or an explorer and wait until the script has taken it over."""
    figure.scroll_into_view_if_needed()
    page.wait_for_function(
        "element => 'live' in element.dataset", arg=figure.element_handle(), timeout=60_000
    )


def go_to(page, address):
    """Follow a link to a place of the page."""
    page.evaluate("address => { location.hash = address; }", address)
    page.locator(f"#{address.partition('?')[0]}").wait_for(state="visible")
