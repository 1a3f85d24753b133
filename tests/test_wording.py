"""Wordings of the five reports, and of reports made for it."""

import csv
import io
import json
import re
from itertools import pairwise

import numpy as np
import pytest
from clock import least_seconds
from fastapi.testclient import TestClient
from shell import assert_refused, run_bureau

from indexer.build import build_index
from indexer.shapes import BadInput
from indexer.store import Index
from search_api.app import create_app
from search_api.engine import Engine
from search_api.filters import Filters
from search_api.fusion import Candidates
from search_api.sharing.tables import TableFormat, table
from search_api.wording.fields import differences, wording_fields, wording_rows
from search_api.wording.formulations import LONGEST, wording
from search_api.wording.match import align, edits_allowed, find
from search_api.wording.shares import LEVELS, prefer_distinctive, sentence_shares
from search_api.wording.top import top

PHRASE = "办事依法、遇事找法"
DRAFT = (
    "坚持以习近平新时代中国特色社会主义思想为指导，深入学习贯彻习近平法治思想，"
    "我们要始终推动信访问题源头治理再上台阶。用脚步丈量民情。"
)


def clusters(index, text, **more):
    return [c for part in wording(index, text, **more).parts for c in part.clusters]


def test_a_phrase_is_counted_by_bureaus_and_years(engine):
    (cluster,) = clusters(engine.index, PHRASE)
    usage = cluster.usage
    assert (usage.bureaus, usage.first, usage.last) == (4, 2023, 2025)
    assert wording(engine.index, PHRASE).bureaus == 5
    plain = sum(
        len(re.findall("办事依法[、，]遇事找法", engine.index.report(m.id).text))
        for m in engine.index.metas
    )
    assert usage.occurrences == plain == 5
    assert cluster.fuller.text == "办事依法、遇事找法、解决问题用法、化解矛盾靠法"


def test_every_instance_is_verbatim_and_in_its_sentence(engine):
    found = 0
    for cluster in clusters(engine.index, DRAFT):
        for variant in cluster.variants:
            for instance in variant.instances:
                text = engine.index.report(instance.meta.id).text
                assert text[instance.start : instance.end] == instance.text
                around = instance.before + instance.text + instance.after
                assert around in text
                assert instance.citation.endswith(
                    f"[{instance.meta.id}:{instance.start}-{instance.end}]"
                )
                found += 1
    assert found > 8


def test_variants_differ_in_what_is_marked(engine):
    (cluster,) = clusters(engine.index, "坚持以习近平新时代中国特色社会主义思想为指导")
    fields = wording_fields(wording(engine.index, "坚持以习近平新时代中国特色社会主义思想为指导"))
    variants = fields["parts"][0]["clusters"][0]["variants"]
    assert len(variants) == len(cluster.variants) > 1
    for variant in variants:
        pieces = variant["differences"]
        assert "".join(text for kind, text in pieces if kind != "missing") == variant["text"]
        first = "".join(text for kind, text in pieces if kind != "added")
        assert first == variants[0]["text"]
    assert [v["bureaus"] for v in variants] == sorted(
        (v["bureaus"] for v in variants), reverse=True
    )


def test_a_place_belongs_to_one_variant_only(engine):
    for cluster in clusters(engine.index, "深入学习贯彻习近平法治思想"):
        spans = [(i.meta.id, i.start, i.end) for v in cluster.variants for i in v.instances]
        for a in spans:
            assert not [b for b in spans if b != a and b[0] == a[0] and b[1] < a[2] and a[1] < b[2]]


def test_a_draft_is_answered_clause_by_clause(engine):
    found = wording(engine.index, DRAFT)
    assert all(DRAFT[part.start : part.end] == part.text for part in found.parts)
    texts = {part.text: part for part in found.parts}
    assert texts["坚持以习近平新时代中国特色社会主义思想为指导"].clusters
    assert texts["深入学习贯彻习近平法治思想"].clusters
    # of a clause of one's own, the stretch that somebody prints
    assert any("信访问题源头治理" in text and part.clusters for text, part in texts.items())
    assert not texts["用脚步丈量民情"].clusters


def test_a_short_phrase_is_found_in_a_long_sentence_with_an_edit(engine):
    found = clusters(engine.index, "信访矛盾源头治理")
    texts = {variant.text for cluster in found for variant in cluster.variants}
    assert {"信访矛盾源头治理", "信访问题源头治理"} <= texts


def test_alignment_agrees_with_a_plain_table():
    from indexer.formulations.text import stream_of

    def plain(one, other):
        row = [0] * (len(other) + 1)
        for i, a in enumerate(one, 1):
            last, row[0] = row[0], i
            for j, b in enumerate(other, 1):
                last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
        return min(row)

    one = "依法分类处理群众信访诉求"
    for other in (
        "我们坚持依法分类处理信访诉求和问题啊啊",
        "依法处理群众的信访诉求甲乙丙丁戊己庚辛壬",
    ):
        window = stream_of(other).codes[None, :-1]
        start, end, edits = align(stream_of(one).codes[:-1], window)
        assert edits[0] == plain(one, other)
        assert plain(one, other[start[0] : end[0]]) == edits[0]


def test_all_near_forms_of_the_corpus_are_found(engine):
    """Candidates by seeds lose next to nothing against aligning everything."""
    import numpy as np

    from indexer.formulations.text import stream_of

    held = engine.index.formulations
    every = np.arange(len(held))
    missed = total = 0
    for text in ("推进信访工作法治化建设", "共办理信访事项235件", "提升信访工作的规范化水平"):
        codes = stream_of(text).codes[:-1]
        allowed = edits_allowed(len(codes))
        _, ends, edits = align(codes, held.windows(every, len(codes) + allowed))
        anywhere = set()
        for at in np.flatnonzero(edits <= allowed).tolist():
            anywhere.add(at + int(ends[at]))
        reached = {
            place + len(form.codes) + slack
            for form in find(held, codes)
            for place in form.places.tolist()
            for slack in (-3, -2, -1, 0, 1, 2, 3)
        }
        total += len(anywhere)
        missed += len(anywhere - reached)
    assert total > 10
    assert missed / total <= 0.1


def test_filters_change_the_denominator(engine):
    found = wording(engine.index, PHRASE, filters=Filters(year=(2024,)))
    assert found.bureaus == 3
    (cluster,) = (c for part in found.parts for c in part.clusters)
    assert (cluster.usage.first, cluster.usage.last) == (2024, 2024)
    plans = clusters(engine.index, "信访问题源头治理", filters=Filters(role=("plans",)))
    everywhere = clusters(engine.index, "信访问题源头治理")
    assert 0 < plans[0].usage.occurrences < everywhere[0].usage.occurrences
    assert all(i.role == "plans" for v in plans[0].variants for i in v.instances)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("  \n", "is empty"),
        ("hello world", "no Chinese"),
        ("法", "too short"),
        ("法" * 100_000, "100,000 characters"),
    ],
)
def test_bad_input_is_one_sentence(engine, text, said):
    with pytest.raises(BadInput, match=said) as caught:
        wording(engine.index, text)
    assert "\n" not in str(caught.value)
    assert caught.value.zh != str(caught.value)


def test_an_unknown_bureau_is_named(engine):
    with pytest.raises(BadInput, match="火星"):
        wording(engine.index, PHRASE, filters=Filters(issuer=("火星信访局",)))


def test_odd_texts_have_no_wording_and_break_nothing(engine):
    for text in (
        "，，。。信访",
        "法法" * (LONGEST // 2),
        "\x00\ud800信访局",
        "信访\n\n信访",
        "=信访()",
    ):
        found = wording(engine.index, text)
        assert all(text[p.start : p.end] == p.text for p in found.parts)


def test_top_counts_bureaus_and_no_part_twice(engine):
    found = top(engine.index, k=50)
    assert found.forms[0].usage.bureaus == 4
    texts = [letters_of(form.text) for form in found.forms]
    assert all(len(text) >= 8 for text in texts)
    for form, text in zip(found.forms, texts, strict=True):
        for other, longer in zip(found.forms, texts, strict=True):
            if text in longer and text != longer:
                assert form.usage.bureaus > other.usage.bureaus
        (exact, *_) = [
            v for c in clusters(engine.index, form.text) for v in c.variants if v.similarity == 1
        ]
        assert exact.usage == form.usage


def letters_of(text):
    from indexer.formulations.text import letters, stream_of

    return letters(stream_of(text).codes[:-1])


def test_top_under_a_filter_counts_anew(engine):
    whole, one_year = top(engine.index), top(engine.index, filters=Filters(year=(2024,)))
    assert one_year.bureaus == 3
    assert {form.usage.first for form in one_year.forms} == {2024}
    assert one_year.total < whole.total
    with pytest.raises(BadInput, match="k = 0"):
        top(engine.index, k=0)


def test_shares_run_from_boilerplate_to_distinctive(engine):
    text = engine.index.report("yongan-2024").text
    shares, others = sentence_shares(engine.index, "yongan-2024")
    assert others == 4
    assert {share.level for share in shares} == {*LEVELS, None}
    level = {text[s.start : s.end]: s.level for s in shares}
    own = next(t for t in level if t.startswith("局党组始终坚持和加强"))
    common = next(t for t in level if "习近平新时代中国特色社会主义思想为指导" in t)
    assert LEVELS.index(level[own]) < LEVELS.index(level[common])
    assert all(a.end <= b.start for a, b in pairwise(shares))


def test_distinctive_search_reorders_mildly(engine):
    plain = engine.search("加强法治宣传", k=20)
    own = engine.search("加强法治宣传", k=20, distinctive=True)
    assert [hit.passage.id for hit in plain.hits] != [hit.passage.id for hit in own.hits]
    assert len({h.passage.id for h in plain.hits[:10]} & {h.passage.id for h in own.hits[:10]}) >= 7
    scores = {hit.passage.id: hit.score for hit in plain.hits}
    assert all(scores.get(hit.passage.id, hit.score) == hit.score for hit in own.hits)
    assert prefer_distinctive(engine.index, plain_nothing()) is not None


def plain_nothing():
    return Candidates.of(np.empty(0, np.int64), *(np.empty(0) for _ in range(4)))


def test_rows_neutralise_formulas(tmp_path, embedder):
    folder = tmp_path / "reports"
    folder.mkdir()
    for name in ("甲县", "乙县"):
        body = "一、做法\n（一）创新。推行=HYPERLINK公式防控机制建设工作，成效明显。\n"
        (folder / f"{name}.txt").write_text(f"{name}信访局2024年工作报告\n{body}", "utf-8")
    build_index([folder], tmp_path / "index", embedder)
    index = Index.open(tmp_path / "index")
    rows = wording_rows(wording(index, "=HYPERLINK公式防控机制建设"))
    assert rows
    data = table(TableFormat.CSV, rows).decode("utf-8")
    assert data.startswith("\ufeffpart,")
    read = list(csv.DictReader(io.StringIO(data.removeprefix("\ufeff"))))
    assert not [cell for row in read for cell in row.values() if cell.startswith("=")]
    assert json.loads(table(TableFormat.JSON, rows))[0]["of_bureaus"] == 2


def test_differences_name_what_is_added_and_left_out():
    assert list(differences("推进信访法治化", "推动信访法治化建设")) == [
        ("same", "推"),
        ("missing", "进"),
        ("added", "动"),
        ("same", "信访法治化"),
        ("added", "建设"),
    ]


def test_the_command_prints_who_uses_it(corpus_index):
    said = run_bureau("wording", PHRASE, index=corpus_index)
    assert said.returncode == 0
    assert "used by 4 of 5 bureaus, first 2023, last 2025" in said.stdout
    most = run_bureau("wording", "--top", "--json", index=corpus_index)
    assert json.loads(most.stdout.splitlines()[0])["bureaus"] == 4
    assert run_bureau("wording", "牡蛎养殖网格巡查", index=corpus_index).returncode == 1
    assert_refused(run_bureau("wording", index=corpus_index), "--top")
    assert_refused(run_bureau("wording", "-", index=corpus_index, given="法" * 100_000), "100,000")


def test_rows_of_the_command_can_be_verified(corpus_index):
    rows = run_bureau("wording", DRAFT, "--json", index=corpus_index)
    checked = run_bureau("verify", index=corpus_index, given=rows.stdout)
    assert checked.returncode == 0, checked.stderr


@pytest.fixture(scope="module")
def client(engine):
    with TestClient(create_app(engine), base_url="http://localhost") as opened:
        yield opened


def test_the_interface_answers_and_names_the_field_to_blame(client):
    body = client.get("/v1/wording", params={"q": PHRASE}).json()
    assert body["bureaus"] == 5
    assert body["parts"][0]["clusters"][0]["bureaus"] == 4
    assert client.get("/v1/wording/top", params={"k": 3}).json()["formulations"][0]["bureaus"] == 4
    bad = client.get("/v1/wording", params={"q": "hello"})
    assert bad.status_code == 422
    assert "Chinese" in bad.json()["detail"]
    assert client.get("/v1/reports/nowhere/wording").status_code == 404
    shares = client.get("/v1/reports/yongan-2024/wording").json()
    assert shares["other_bureaus"] == 4
    for form in ("csv", "xlsx", "json"):
        file = client.get("/v1/wording/export", params={"q": PHRASE, "format": form})
        assert file.status_code == 200
        assert len(file.content) > 500


def test_distinctive_is_off_unless_asked_for(client):
    asked = {"q": "加强法治宣传", "k": 20}
    plain, off, on = (
        [h["passage_id"] for h in client.get("/v1/search", params=asked | more).json()["hits"]]
        for more in ({}, {"distinctive": "false"}, {"distinctive": "true"})
    )
    assert plain == off != on


def test_a_wording_is_found_quickly(engine):
    index = engine.index
    assert isinstance(engine, Engine)
    wording(index, DRAFT)
    assert least_seconds(lambda: wording(index, DRAFT)) < 0.3
    assert least_seconds(lambda: top(index)) < 0.3
