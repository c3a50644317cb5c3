"""Which font papers are written with, and that what is printed can be read and seen."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from django.utils import timezone, translation

from activities import checks
from activities.domain import registering
from activities.domain.after import fonts, papers, printing
from activities.domain.after.fonts import SAMPLE, Font
from activities.enums import PaperKind
from tests import factories
from tests.fonts import collection_of, font_with


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(fonts, "FOLDERS", (str(tmp_path), str(tmp_path / "nowhere")))
    return tmp_path


def test_the_best_name_that_knows_chinese_and_may_be_embedded_is_taken(folder):
    (folder / "deep").mkdir()
    font_with(folder / "Georgia.ttf", SAMPLE)
    font_with(folder / "wqy-zenhei.ttf", "abc")
    font_with(folder / "wqy-microhei.ttf", SAMPLE, rights=0x0002)
    (folder / "NotoSansSC-Regular.otf").write_bytes(b"no font")
    font_with(folder / "NotoSansCJK-Bold.ttf", SAMPLE)
    plain = font_with(folder / "deep" / "NotoSansCJK-Regular.ttf", SAMPLE)
    font_with(folder / "simsun.ttf", SAMPLE)

    assert fonts.installed() == Font(plain)
    assert [path.name for path in fonts.candidates()] == [
        "wqy-zenhei.ttf", "wqy-microhei.ttf", "NotoSansSC-Regular.otf", "NotoSansCJK-Regular.ttf",
        "NotoSansCJK-Bold.ttf", "simsun.ttf",
    ]  # fmt: skip


def test_of_a_collection_the_one_for_simplified_chinese_is_taken(folder, tmp_path_factory):
    parts = tmp_path_factory.mktemp("parts")
    made = [
        font_with(parts / f"{number}.ttf", SAMPLE, name=name)
        for number, name in enumerate(("Noto Sans CJK JP", "Noto Sans Mono CJK SC", "Noto Sans CJK SC"))
    ]
    path = collection_of(folder / "NotoSansCJK-Regular.ttc", *made)

    assert fonts.installed() == Font(path, 2)


def test_a_collection_without_chinese_is_none(folder, tmp_path_factory):
    latin = font_with(tmp_path_factory.mktemp("parts") / "latin.ttf", "abc")
    collection_of(folder / "wqy-zenhei.ttc", latin)

    assert fonts.installed() is None


def test_it_is_looked_for_once(folder):
    assert fonts.installed() is None
    font_with(folder / "simhei.ttf", SAMPLE)
    assert fonts.installed() is None


def test_the_check_says_what_to_install_only_where_chinese_is_spoken(folder, settings):
    (said,) = checks.papers_can_be_printed()
    assert (said.id, "fonts-wqy-zenhei" in said.hint) == ("activities.W001", True)

    settings.LANGUAGES = [("en", "English")]
    assert checks.papers_can_be_printed() == []
    settings.LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
    font = font_with(folder / "simhei.ttf", SAMPLE)
    assert checks.papers_can_be_printed() == []
    settings.PDF_FONT = str(font)
    assert checks.papers_can_be_printed() == []


@pytest.fixture
def damaged(folder, tmp_path_factory):
    """Files that are called like a font and are none, or not a whole one."""
    apart = tmp_path_factory.mktemp("damaged")
    whole = font_with(apart / "whole.ttf", SAMPLE + "Ada").read_bytes()
    contents = {
        "empty": b"", "page": b"<!doctype html><title>404</title>", "half": whole[: len(whole) // 2],
        "short": whole[:-200], "head": whole[:12], "nothing": bytes(len(whole)),
    }  # fmt: skip
    for name, content in contents.items():
        (apart / f"{name}.ttf").write_bytes(content)
    (apart / "half.ttc").write_bytes(b"ttcf" + whole[4:])
    (apart / "folder.ttf").mkdir()
    return [apart / "nowhere.ttf", *(path for path in sorted(apart.iterdir()) if path.stem != "whole")]


def test_a_named_font_that_is_missing_or_damaged_is_told_by_the_check(damaged, folder, settings):
    for path in damaged:
        settings.PDF_FONT = str(path)
        named, none = checks.papers_can_be_printed()
        assert (named.id, none.id) == ("activities.W002", "activities.W001")
        assert str(path) in named.msg
    font_with(folder / "simhei.ttf", SAMPLE)
    assert [each.id for each in checks.papers_can_be_printed()] == ["activities.W002"]


def test_a_named_font_is_tried_again_once_it_is_mended(damaged, folder):
    for path in damaged:
        with pytest.raises(fonts.Unusable, match=re.escape(str(path))):
            fonts.named(path)
    mended = next(path for path in damaged if path.stem == "empty")
    font_with(mended, SAMPLE)

    assert fonts.named(mended) == Font(mended)


def test_of_a_named_collection_the_one_for_simplified_chinese_is_taken_else_the_first(folder, tmp_path_factory):
    parts = tmp_path_factory.mktemp("parts")
    latin = font_with(parts / "latin.ttf", "abc")
    chinese = font_with(parts / "sc.ttf", SAMPLE, name="Noto Sans CJK SC")

    assert fonts.named(collection_of(parts / "both.ttc", latin, chinese)) == Font(parts / "both.ttc", 1)
    assert fonts.named(collection_of(parts / "one.ttc", latin)) == Font(parts / "one.ttc", 0)


@pytest.mark.django_db
def test_papers_do_not_wait_for_the_repair_of_a_named_font_and_the_log_tells_of_it(damaged, folder, settings, caplog):
    known = "证书林小雨参加了慢慢做酸面包年月日工作坊验证码任何人都可在入场函有位置码在门口出示"
    font_with(folder / "simhei.ttf", {*SAMPLE, *known, *map(chr, range(32, 127)), "·"})
    paper = paper_for("林小雨")
    with translation.override("en"):
        without = printing.printed(paper)

        for path in damaged:
            settings.PDF_FONT = str(path)
            caplog.clear()
            assert printing.printed(paper) == without
            assert str(path) in caplog.text


@pytest.mark.django_db
def test_where_no_other_font_is_installed_what_it_cannot_write_is_refused(damaged, settings):
    chinese, latin = paper_for("林小雨"), paper_for("Zoë Lünd")
    latin.registration.activity.names = {"en": "Sourdough"}
    latin.registration.activity.place = "Mill Lane"

    for path in damaged:
        settings.PDF_FONT = str(path)
        with pytest.raises(printing.CannotPrint, match="PDF_FONT cannot write 林小雨"):
            printing.printed(chinese)
        assert printing.printed(latin).startswith(b"%PDF-")


# With a font that is really installed, read and drawn by another program than wrote it.


def paper_for(name):
    now = timezone.now()
    evening = factories.announced(
        f"evening-{timezone.now().microsecond}", names={"zh-hans": "慢慢做酸面包"}, place="工作坊"
    )
    member = factories.MemberFactory(ref=name, display_name=name)
    made = registering.register(activity_id=evening.pk, member=member, now=now)[0]
    return papers.issue(registration_id=made.pk, kind=PaperKind.ADMISSION, now=now)[0]


def outside(*words, given):
    done = subprocess.run(words, input=given, capture_output=True, check=True, timeout=120)
    return done.stdout


@pytest.fixture
def real():
    if fonts.installed() is None:
        pytest.skip("No Chinese font is installed here")
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler-utils are not installed here")


def drawn(file):
    """The page in grey, as rows of bytes."""
    image = outside("pdftoppm", "-gray", "-r", "60", "-", given=file)
    header = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", image)
    width, height = int(header[1]), int(header[2])
    pixels = image[header.end() :]
    return [pixels[row * width : (row + 1) * width] for row in range(height)]


@pytest.mark.django_db
def test_a_chinese_letter_is_read_and_seen_with_the_font_of_the_machine(real):
    with translation.override("zh-hans"):
        paper = paper_for("林小雨")
        file = printing.printed(paper)
        assert printing.printed(paper) == file
        other = printing.printed(paper_for("王大明"))

    text = outside("pdftotext", "-enc", "UTF-8", "-", "-", given=file).decode()
    assert "林小雨" in text
    assert "慢慢做酸面包" in text
    assert "工作坊" in text
    assert "入场" in text
    # Only the letters that are used are in it.
    assert len(file) < 300_000
    # Where the names stand there is ink, and two names of three letters are no rows of the same box.
    one, two = drawn(file)[150:220], drawn(other)[150:220]
    assert sum(pixel < 128 for row in one for pixel in row) > 100
    assert one != two


@pytest.mark.django_db
def test_latin_words_need_no_font_of_the_machine(monkeypatch):
    def never():
        raise AssertionError("it was looked for")

    monkeypatch.setattr(fonts, "installed", never)
    paper = paper_for("Zoë Lünd")
    paper.registration.activity.names = {"en": "Sourdough"}
    paper.registration.activity.place = "Mill Lane"

    assert printing.printed(paper).startswith(b"%PDF-")
