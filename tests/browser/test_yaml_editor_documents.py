"""The tabs of the YAML editor: documents are taken away, pasted and dropped, and none is lost or there twice."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browsers import Desk

pytestmark = pytest.mark.browser


def config(name: str, end: str = "\n") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}{end}"


def opened(desk: Desk, page: Page, text: str = "") -> Locator:
    """The text area of a new draft's editor, with a text in it."""
    desk.sign_in(page)
    page.goto(f"{desk.url}/services/new/")
    page.get_by_role("button", name="Edit YAML").click()
    page.wait_for_url(re.compile("/yaml/$"))
    expect(page.locator(".ace_editor")).to_be_visible()
    if text:
        file = {"name": "all.yaml", "mimeType": "application/yaml", "buffer": text.encode()}
        page.locator("input[type=file]").set_input_files(file)
    return page.locator("[data-editor] textarea[name=text]")


def paste(page: Page, text: str) -> None:
    """Over the whole text of the open tab."""
    page.locator(".ace_content").click()
    page.keyboard.press("Control+a")
    script = """text => {
        const data = new DataTransfer();
        data.setData('text/plain', text);
        const paste = new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true});
        document.activeElement.dispatchEvent(paste);
    }"""
    page.evaluate(script, text)


def test_a_document_is_removed_by_keyboard_and_had_back(desk: Desk, browser_page: Page) -> None:
    page, whole = browser_page, "---\n".join(map(config, ("a", "b", "c")))
    area = opened(desk, page, whole)
    tabs, remove = page.locator("[data-tabs] button"), page.get_by_role("button", name="Remove this document")
    expect(tabs).to_have_text(["ConfigMap a", "ConfigMap b", "ConfigMap c"])
    tabs.nth(1).click()
    remove.focus()
    page.keyboard.press("Enter")
    expect(area).to_have_value(config("a") + "---\n" + config("c"))
    expect(tabs).to_have_text(["ConfigMap a", "ConfigMap c"])
    expect(page.locator("[data-foot=replaced]")).to_have_text("Removed ConfigMap b")
    expect(remove).to_be_focused()
    back = page.get_by_role("button", name="Undo")
    back.focus()
    page.keyboard.press("Enter")
    expect(area).to_have_value(whole)
    tabs.first.click()
    remove.click()
    expect(area).to_have_value(config("b") + "---\n" + config("c"))
    remove.click()
    expect(area).to_have_value(re.compile(r"^(?!.*---)", re.S))
    expect(remove).to_be_hidden()
    expect(tabs).to_have_count(1)
    expect(tabs.first).to_be_focused()


def test_several_documents_pasted_over_one_tab_become_tabs(desk: Desk, browser_page: Page) -> None:
    page = browser_page
    area = opened(desk, page, config("a") + "---\n" + config("b"))
    tabs = page.locator("[data-tabs] button")
    expect(tabs).to_have_count(2)
    tabs.first.click()
    paste(page, "---\n" + config("x") + "---\n" + config("y", end=""))
    expect(tabs).to_have_text(["ConfigMap x", "ConfigMap y", "ConfigMap b"])
    kept = "---\n".join(map(config, ("x", "y", "b")))
    expect(area).to_have_value(re.compile(rf"^(---\n)?{re.escape(kept)}$"))
    expect(page.locator("[data-foot=replaced]")).to_have_text("3 documents, each in its own tab")
    page.get_by_role("button", name="Undo").click()
    expect(area).to_have_value(config("a") + "---\n" + config("b"))
    page.get_by_role("button", name="Undo").click()
    expect(tabs).to_have_text(["ConfigMap x", "ConfigMap y", "ConfigMap b"])

    tabs.nth(1).click()
    paste(page, config("z", end=""))
    expect(tabs).to_have_text(["ConfigMap x", "ConfigMap z", "ConfigMap b"])
    last = "---\n".join(map(config, ("x", "z", "b")))
    expect(area).to_have_value(re.compile(rf"^(---\n)?{re.escape(last)}$"))
    page.get_by_role("button", name="Add a document").click()
    paste(page, config("p") + "--- # mine\n" + config("q"))
    expect(tabs).to_have_text(["ConfigMap x", "ConfigMap z", "ConfigMap b", "ConfigMap p", "ConfigMap q"])
    expect(area).to_have_value(re.compile(rf"{re.escape(last)}---\n{config('p')}--- # mine\n{config('q')}$"))


def test_several_files_dropped_are_all_there(desk: Desk, browser_page: Page) -> None:
    page = browser_page
    area = opened(desk, page)
    script = """texts => {
        const data = new DataTransfer();
        for (const [name, text] of texts) data.items.add(new File([text], name));
        const place = document.querySelector('.ace_content');
        place.dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}));
    }"""
    page.evaluate(script, [["a.yaml", config("a", end="")], ["b.yaml", "---\n" + config("b")]])
    expect(page.locator("[data-tabs] button")).to_have_text(["ConfigMap a", "ConfigMap b"])
    expect(area).to_have_value(config("a") + "---\n" + config("b"))
    expect(page.locator("[data-foot=replaced]")).to_have_text("Loaded a.yaml, b.yaml")


def test_f1_of_several_dropped_files_none_is_loaded_when_one_cannot_be_read(desk: Desk, browser_page: Page) -> None:
    """F1: in Latin-1 its characters would be replaced; UTF-16 says what it is."""
    page = browser_page
    area = opened(desk, page, config("a"))
    expect(area).to_have_value(config("a"))
    script = """files => {
        const data = new DataTransfer();
        for (const [name, bytes] of files) data.items.add(new File([new Uint8Array(bytes)], name));
        const place = document.querySelector('.ace_content');
        place.dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}));
    }"""
    page.evaluate(script, [["b.yaml", list(config("b").encode())], ["c.yaml", list(b"note: 'caf\xe9'\n")]])
    expect(page.locator("#toasts")).to_contain_text("not UTF-8")
    expect(area).to_have_value(config("a"))
    note = "note: café 店舖\n"
    page.evaluate(script, [["b.yaml", list(config("b").encode())], ["c.yaml", list(note.encode("utf-16"))]])
    expect(area).to_have_value(config("b") + "---\n" + note)


def test_what_is_compared_comes_into_sight(desk: Desk, browser_page: Page) -> None:
    page = browser_page
    opened(desk, page, "---\n".join(map(config, "abc")))
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".diff")).to_be_in_viewport()
