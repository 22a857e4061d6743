"""The browser sees what a person sees, or every other test here would prove nothing."""

import pytest

from browser import script_text


def write(tmp_path, text):
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><meta charset=utf-8>{text}")
    return page


def test_text_is_what_can_be_read(browser, tmp_path):
    browser.open(write(tmp_path, "<p>seen<p style='display:none'>hidden<p>caf\u00e9"))

    assert browser.text() == "seen\n\ncaf\u00e9"


def test_links_are_found_with_what_they_say(browser, tmp_path):
    browser.open(write(tmp_path, "<p>a <a href='https://x.example/'>link</a> <b>bold</b>"))

    assert browser.links() == [("link", "https://x.example/")]
    assert browser.count("b") == 1 and browser.count("i") == 0


def test_the_persons_scheme_reaches_the_page(browser, tmp_path):
    page = write(tmp_path, "<style>p::after{content:'light'}"
                           "@media(prefers-color-scheme:dark){p{display:none}}</style><p>day")

    browser.open(page, scheme="light")
    assert browser.text() == "day"
    browser.open(page, scheme="dark")
    assert browser.text() == ""


def test_a_page_without_network_complains_of_what_it_lacks(browser, tmp_path):
    browser.open(write(tmp_path, "<img src='nowhere.png'>"))

    assert any("nowhere.png" in error for error in browser.errors())


def test_a_picture_holds_the_whole_page(browser, tmp_path):
    browser.open(write(tmp_path, "<body style='margin:0'><div style='height:1500px'>tall"), width=400)

    browser.picture(tmp_path / "tall.png")

    width, height = png_size(tmp_path / "tall.png")
    assert (width, height) == (400, 1500)


def test_a_picture_of_a_low_page_is_low(browser, tmp_path):
    browser.open(write(tmp_path, "<body style='margin:0'><div style='height:40px'>low"), width=400)

    browser.picture(tmp_path / "low.png")

    assert png_size(tmp_path / "low.png") == (400, 40)


def test_hostile_text_stays_within_a_script(browser, tmp_path):
    text = "</script><b>\u2028<!--"
    browser.open(write(tmp_path, f"<p><script>const x = {script_text(text)}</script>"))

    assert browser.run("return x") == text
    assert browser.count("b") == 0


def test_faults_in_scripts_are_told(browser, tmp_path):
    browser.open(write(tmp_path, "<p>"))

    with pytest.raises(AssertionError, match="nothing is not defined"):
        browser.run("return await nothing.at.all()")


def png_size(path):
    header = path.read_bytes()[:24]
    assert header.startswith(b"\x89PNG")
    return int.from_bytes(header[16:20], "big"), int.from_bytes(header[20:24], "big")
