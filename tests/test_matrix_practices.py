"""Lists of practices: the shipped one, users' own, and what is wrong with them line by line."""

import json

import pytest

from indexer.shapes import BadInput
from search_api.practices.lists import (
    LONGEST_FILE,
    MOST_PRACTICES,
    Example,
    Practice,
    is_chinese,
    load_practices,
    shipped,
)


@pytest.fixture
def written(tmp_path):
    def write(data, name="list.txt"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
        return path

    return write


def refusal(path):
    with pytest.raises(BadInput) as refused:
        load_practices(path)
    for sentence in (str(refused.value), refused.value.zh):
        assert path.name in sentence and "\n" not in sentence and len(sentence) < 500
    return str(refused.value)


def test_the_shipped_list_has_names_queries_and_examples_in_both_languages():
    listed = shipped()
    assert len(listed) == 36 and listed.version
    for practice in listed.practices:
        assert is_chinese(practice.zh) and practice.en and not is_chinese(practice.en)
        assert {is_chinese(q) for q in practice.queries} == {True, False}
        assert len(practice.examples) >= 2
        assert practice.question(english=True) in practice.queries
        assert is_chinese(practice.question(english=False))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_text_file_has_one_practice_a_line(written, encoding):
    text = "# 我的清单\r\n领导接访\r\n\r\nVideo reception\r\n"
    found = load_practices(written(text.encode(encoding)))
    assert found.practices == (Practice("1", zh="领导接访"), Practice("2", en="Video reception"))


def test_a_table_names_its_columns(written):
    first = 'A,领导接访,Receptions,谁接访|who receives,"一段，\n两行"'
    rows = f"id,zh,en,queries,examples\n{first}\nB,听证,,,\n"
    first, second = load_practices(written(rows, "list.csv")).practices
    example = Example("一段， 两行")
    assert first == Practice("A", "领导接访", "Receptions", ("谁接访", "who receives"), (example,))
    assert second == Practice("B", zh="听证")


def test_json_is_a_list_a_mapping_or_the_shipped_form(written):
    for data in (
        {"A": "听证"},
        [{"id": "A", "zh": "听证"}],
        {"version": 2, "practices": [{"id": "A", "name": "听证"}]},
    ):
        found = load_practices(written(json.dumps(data), "list.json"))
        assert found.practices == (Practice("A", zh="听证"),)
    assert found.version == "2"
    assert load_practices(written(json.dumps(["听证", "hearings"]))).practices[1].en == "hearings"


def test_faults_are_named_by_their_lines(written):
    text = "领导接访\n???\n" + "长" * 201 + "\n"
    said = refusal(written(text))
    assert "line 2 has no name" in said and "line 3 has “name” of 201 characters" in said
    assert "line 1" not in said
    many = refusal(written("?\n" * 9))
    assert "line 4" in many and "line 5" not in many and "and 5 more" in many
    assert "line 3 has the id “A” again" in refusal(written("id,zh\nA,听证\nA,评理\n"))
    assert "practice 2 is neither" in refusal(written('["听证", 3]', "list.json"))
    assert "line 2: this is not valid JSON" in refusal(written('["听证",\n}', "list.json"))
    assert "“queries”" in refusal(written('[{"zh": "听证", "queries": [5]}]'))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"# only a remark\n", "there is no practice"),
        (b"id,zh\n", "there is no practice"),
        (b"[]", "there is no practice"),
        (b"\x00\x01\x02", "is no text"),
        (b"\xff\xfe\xfd\xff\xff", "is no text"),
        (b"x" * 100_000, "100,000 characters"),
        (b"[" * 100_000, "not valid JSON"),
        (b"a\n" * (MOST_PRACTICES + 1), f"at most {MOST_PRACTICES}"),
        (b"a" * (LONGEST_FILE + 1), "4 MiB"),
    ],
    ids=str.split("empty blank remark header nothing binary bytes long nested many large"),
)
def test_files_that_are_no_list_are_refused_in_one_sentence(written, data, said):
    assert said in refusal(written(data))


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert "cannot read" in refusal(tmp_path / "nothing.txt")
    assert "cannot read" in refusal(tmp_path)


def test_choosing_practices_keeps_the_order_of_the_list():
    assert shipped().places(["P03", "P01", "P03"]) == [0, 2]
    assert len(shipped().places([])) == 36
    with pytest.raises(BadInput, match="P99"):
        shipped().places(["P01", "P99"])


def test_lists_that_differ_in_anything_have_different_digests(written):
    one = load_practices(written("听证\n"))
    other = load_practices(written("评理\n"))
    assert one.digest != other.digest
    assert one.digest == load_practices(written("听证\n")).digest
