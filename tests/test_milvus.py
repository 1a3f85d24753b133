"""The index on Milvus answers as the one in a folder does; how it is written and published."""

import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.backend import EVERYTHING, ROLES, Chosen
from indexer.build import build_index
from indexer.lexical import Boosts, LexicalEntry, LexicalIndex
from indexer.milvus.address import is_address, parse_address
from indexer.milvus.scoring import Rarity, counted, passage_vector
from indexer.opening import open_index, open_local
from indexer.shapes import BadIndex, BadInput, Fate, NotOffered, Role
from indexer.sources import bundled_corpus
from indexer.store import Index
from search_api.answer import answer
from search_api.engine import Engine
from search_api.evaluate import load_collection
from search_api.filters import Filters, restrict
from search_api.query import parse_query
from search_api.sharing.collections import entry_of
from search_api.sharing.quotes import Quote, verify
from tests.conftest import EVAL, HashEmbedder

missing = "milvus-lite is not installed: pip install 'bureau-search[milvus]'"
pytest.importorskip("pymilvus", reason=missing)
pytest.importorskip("milvus_lite", reason=missing)

from indexer.milvus import layout  # noqa: E402
from indexer.milvus.building import Shard, build_on_milvus  # noqa: E402
from indexer.milvus.client import BUILDING, Server  # noqa: E402
from indexer.milvus.index import MilvusIndex  # noqa: E402
from indexer.milvus.keeping import PART, Kind, Records  # noqa: E402

ROOT = Path(__file__).parents[1]
BOTH = ("local", "milvus")


class Remembering:
    """Embeds a text once, so that two indexes of the same texts cost one."""

    def __init__(self, embedder):
        self.inner, self.identity, self.known = embedder, embedder.identity, {}

    def embed_passages(self, texts):
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        if new:
            self.known |= zip(new, self.inner.embed_passages(new), strict=True)
        return np.stack([self.known[text] for text in texts])

    def embed_query(self, text):
        return self.inner.embed_query(text)


@pytest.fixture(scope="module")
def remembering(embedder):
    return Remembering(embedder)


@pytest.fixture(scope="module")
def engines(tmp_path_factory, remembering):
    """Engines over the five reports, in a folder and on Milvus."""
    root = tmp_path_factory.mktemp("both")
    build_index([bundled_corpus()], root / "local", remembering)
    where = f"milvus://{root}/m.db/reports"
    assert build_on_milvus([bundled_corpus()], where, remembering).waiting == ()
    return {
        "local": Engine(open_index(root / "local"), remembering),
        "milvus": Engine(open_index(Path(where)), remembering),
    }


@pytest.fixture(params=BOTH)
def either(request, engines):
    return engines[request.param]


# what every back end does


@pytest.mark.parametrize("question", ["重复信访怎么治理", "How do lawyers take part in reception?"])
def test_a_search_finds_passages_of_the_reports(either, question):
    found = either.search(question, k=5)
    assert len(found.hits) == 5
    for hit in found.hits:
        report = either.index.report(hit.meta.id)
        assert report.text[hit.passage.start : hit.passage.end] == hit.passage.text
        assert report.sections[hit.passage.section].path == hit.passage.path
        assert either.index.passage(either.index.row_of(hit.passage.id)) == hit.passage


@pytest.mark.parametrize(
    ("filters", "test"),
    [
        (Filters(year=(2024,)), lambda hit: hit.meta.year == 2024),
        (Filters(region=("福建省",)), lambda hit: "350000" in hit.meta.region.codes),
        (Filters(issuer=("三门峡",)), lambda hit: "三门峡" in hit.meta.issuer),
        (
            Filters(role=("problems", "plans")),
            lambda hit: hit.passage.role in ("problems", "plans"),
        ),
        (Filters(report=("yongan-2024",)), lambda hit: hit.meta.id == "yongan-2024"),
        (Filters(level=("county",), role=("work",)), lambda hit: hit.meta.level == "county"),
    ],
)
def test_filters_restrict_before_ranking(either, filters, test):
    found = either.search("信访工作法治化", k=10, filters=filters)
    assert found.hits
    assert all(map(test, found.hits))
    allowed = restrict(either.index, filters)
    assert either.index.count(allowed) == len(either.index.rows_of(allowed)) >= found.total


def test_a_filter_that_nothing_meets_finds_nothing(either):
    filters = Filters(year=(2025,), report=("yongan-2024",))
    found = either.search("信访", filters=filters)
    assert (found.hits, found.total) == ((), 0)
    assert {name for name, count in either.without(filters) if count} == {"year", "report"}


@pytest.mark.parametrize(
    "name", ["nothing:0-10", "yongan-2024:0-1", "yongan-2024", "yongan-2024:x-y"]
)
def test_a_passage_that_is_not_there_is_refused(either, name):
    with pytest.raises(BadInput, match="no passage"):
        either.index.row_of(name)


def test_a_report_that_is_not_there_is_refused(either):
    with pytest.raises(BadInput, match="no report"):
        either.index.report("nothing")


def test_another_model_is_refused(either):
    with pytest.raises(BadIndex, match="was built with"):
        Engine(either.index, HashEmbedder())


def test_quotes_verify_with_nothing_else(either):
    hit = either.search("信访听证", k=1).hits[0]
    text = hit.passage.text
    right = Quote(hit.meta.id, hit.passage.start, hit.passage.end, text)
    wrong = replace(right, text=text[:-1] + "X")
    assert [v.state for v in verify(either.index, [right, wrong])] == ["verbatim", "changed"]


# the same from both


def test_both_say_the_same_of_their_reports(engines):
    local, far = (engines[name].index for name in BOTH)
    assert list(far.metas) == list(local.metas)
    assert far.ledger == local.ledger
    assert len(far) == len(local)
    for meta in local.metas:
        assert far.report(meta.id) == local.report(meta.id)
        passages = [
            [i.passage(r) for r in i.rows_of_report(meta.id).tolist()] for i in (local, far)
        ]
        assert passages[0] == passages[1]


@pytest.mark.parametrize(
    "filters", [Filters(), Filters(year=(2024,)), Filters(role=("plans",), region=("河南",))]
)
def test_both_rank_the_same(engines, filters):
    one, other = (engines[n].search("重复信访怎么治理", k=8, filters=filters) for n in BOTH)
    assert [h.passage.id for h in one.hits] == [h.passage.id for h in other.hits]
    assert [h.score for h in other.hits] == pytest.approx([h.score for h in one.hits], abs=0.01)
    assert one.facets == other.facets
    assert one.total == other.total


@pytest.mark.parametrize("filters", [Filters(), Filters(year=(2024,), role=("work", "plans"))])
def test_both_count_the_same(engines, filters):
    local, far = (engines[n].facets_of(restrict(engines[n].index, filters)) for n in BOTH)
    assert far == local
    assert local["role"]


def test_both_answer_and_cite_the_same(engines):
    question = "How is the regulation publicised?"
    answers = [answer(engines[name], question) for name in BOTH]
    assert answers[0].sufficient
    assert answers[1].sufficient
    cited = [[h.passage.id for h in found.search.hits] for found in answers]
    assert cited[0][:5] == cited[1][:5]
    assert len(set(cited[0]) & set(cited[1])) >= 0.9 * len(cited[0])  # a folder rounds vectors
    one = cited[0][0]
    assert entry_of(engines["local"].index, one) == entry_of(engines["milvus"].index, one)


def test_top_ten_of_the_development_questions_agree(tmp_path, remembering):
    collection = load_collection(EVAL)
    texts = tmp_path / "texts"
    texts.mkdir()
    for name, text in collection.texts.items():
        (texts / f"{name}.txt").write_text(text, "utf-8")
    where = f"milvus://{tmp_path}/m.db/reports"
    build_index([texts], tmp_path / "local", remembering)
    build_on_milvus([texts], where, remembering)
    local = Engine(Index.open(tmp_path / "local"), remembering)
    far = Engine(MilvusIndex.open(where), remembering)
    shares = []
    for question in collection.questions:
        tops = [{h.passage.id for h in e.search(question.text, k=10).hits} for e in (local, far)]
        shares.append(len(tops[0] & tops[1]) / len(tops[0]))
    assert len(shares) == 144
    assert np.mean(shares) >= 0.98


# words


WORDS = st.text(alphabet="甲乙丙丁戊己", min_size=1, max_size=2)
ENTRIES = st.lists(
    st.builds(
        LexicalEntry,
        body=st.lists(WORDS, min_size=1, max_size=60),
        heading=st.lists(WORDS, max_size=5),
        title=st.lists(WORDS, max_size=3),
        tags=st.just(()),
    ),
    min_size=1,
    max_size=12,
)
GROUPS = st.lists(
    st.lists(st.tuples(WORDS, st.floats(0.1, 1)), min_size=1, max_size=3, unique_by=lambda p: p[0]),
    min_size=1,
    max_size=4,
)


@settings(max_examples=30, deadline=None)
@given(entries=ENTRIES, groups=GROUPS)
def test_words_score_as_in_a_folder(tmp_path_factory, entries, groups):
    folder = tmp_path_factory.mktemp("words") / "lexical"
    LexicalIndex.build(folder, entries)
    local, boosts = LexicalIndex(folder), Boosts()
    totals, frequencies = counted(entries)
    rarity = Rarity(len(entries), frequencies)
    asked = rarity.question(groups, boosts)
    vectors = [passage_vector(entry, totals) for entry in entries]
    scores = {
        n: sum(value * vector.get(at, 0.0) for at, value in asked.items())
        for n, vector in enumerate(vectors)
    }
    wanted = dict(zip(*local.search(groups, len(entries), boosts=boosts), strict=True))
    found = {n: value for n, value in scores.items() if value > 1e-9}
    assert found == pytest.approx(wanted, rel=1e-4)
    for absent in (False, True):
        assert rarity.ceiling(groups, absent=absent) == pytest.approx(
            local.ceiling(groups, absent=absent)
        )


def test_numbers_of_rows_say_where_a_passage_stands():
    row = layout.row_at(2**31 - 1, 2**29 - 1, len(ROLES) - 1)
    assert row < 2**63
    assert layout.places_of(np.array([row])).tolist() == [2**31 - 1]
    assert layout.start_of(row) == 2**29 - 1
    assert layout.roles_of(np.array([row])).tolist() == [len(ROLES) - 1]


# addresses


@pytest.mark.parametrize(
    ("text", "uri", "collection", "database"),
    [
        ("milvus://host/reports", "http://host:19530", "reports", ""),
        ("milvus://host:29530/db/reports", "http://host:29530", "reports", "db"),
        ("https://host/reports", "https://host:443", "reports", ""),
        ("http://[::1]:19530/reports", "http://[::1]:19530", "reports", ""),
        ("milvus:///tmp/a/b.db/reports", "/tmp/a/b.db", "reports", ""),
        ("milvus:a/b.db/reports", "a/b.db", "reports", ""),
    ],
)
def test_an_address_is_read_also_where_a_path_took_a_slash_from_it(text, uri, collection, database):
    for form in (text, Path(text)):
        assert is_address(form)
        found = parse_address(form)
        assert (found.uri, found.collection, found.database) == (uri, collection, database)
    assert parse_address(str(found)) == found


@pytest.mark.parametrize(
    "text",
    ["milvus://", "milvus://host", "milvus://host/a/b/c", "milvus://host/a-b", "milvus://h:x/a"],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(BadInput, match="no Milvus address"):
        parse_address(text)


def test_an_address_holds_no_password():
    with pytest.raises(BadInput, match="BUREAU_MILVUS_TOKEN") as refused:
        parse_address("milvus://root:geheim@host/reports")
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "3", "0/8", "9/8", "1/0", "a/b", "1/99999", "-1/2"])
def test_what_is_no_shard_is_refused(text):
    with pytest.raises(BadInput, match="shard"):
        Shard.parse(text)


# writing


@pytest.fixture
def where(tmp_path):
    return f"milvus://{tmp_path}/m.db/reports"


def ids_in(index):
    return sorted(index.passage(row).id for row in index.rows_of(EVERYTHING).tolist())


def server_of(where):
    return Server(parse_address(where), BUILDING)


def test_indexing_twice_changes_nothing(small, where):
    first = build_on_milvus([small], where, HashEmbedder())
    before = ids_in(MilvusIndex.open(where))
    again = build_on_milvus([small], where, HashEmbedder())
    assert again == first
    assert ids_in(MilvusIndex.open(where)) == before
    assert len(before) == len(set(before)) == first.result.passages


def test_rows_written_twice_are_there_once(small, where):
    """A batch that is not recorded as done is written over itself."""
    built = build_on_milvus([small], where, HashEmbedder())
    before = ids_in(MilvusIndex.open(where))
    server = server_of(where)
    records = Records(server, built.generation + layout.RECORDS)
    forgotten = [(Kind.BATCH, n) for n, _ in records.all_of(Kind.BATCH)]
    for kind, number in [*forgotten, (Kind.SHARD, 1), (Kind.COMPLETE, 0)]:
        server.delete(records.collection, [(kind << 56) + (number << 16)])
    assert records.get(Kind.COMPLETE, 0) is None
    build_on_milvus([small], where, HashEmbedder())
    assert ids_in(MilvusIndex.open(where)) == before
    assert server.count(built.generation) == len(before)


def test_an_index_that_another_worker_just_made_is_no_matter(where):
    server = server_of(where)
    layout.create(server, "reports_x", 8)
    ask, answers = server.call, iter([[]])  # not there yet, when it was asked for

    def call(name, *args, **kwargs):
        found = ask(name, *args, **kwargs)
        return next(answers, found) if name == "list_indexes" else found

    server.call = call
    layout.create(server, "reports_x", 8)
    assert next(answers, None) is None  # it was told so, and found it on its way
    server.close()


def test_records_that_a_killed_worker_made_and_did_not_index_are_indexed(where):
    server, records = server_of(where), "reports_x" + layout.RECORDS
    index, server.index = server.index, lambda collection, indexes: None
    layout.create(server, "reports_x", 8)
    assert not server.call("list_indexes", records)
    server.index = index
    layout.create(server, "reports_x", 8)
    assert server.call("list_indexes", records) == ["void"]
    server.close()


def test_rows_that_a_killed_batch_left_over_go(small, where):
    built = build_on_milvus([small], where, HashEmbedder())
    server = server_of(where)
    rows = server.call("query", built.generation, filter="row >= 0", output_fields=["*"])
    server.upsert(built.generation, [{**rows[0], "row": int(rows[0]["row"]) + 8}])
    records = Records(server, built.generation + layout.RECORDS)
    server.delete(records.collection, [Kind.COMPLETE << 56])
    assert server.count(built.generation) == built.result.passages + 1
    build_on_milvus([small], where, HashEmbedder())
    assert server.count(built.generation) == built.result.passages


def test_what_milvus_lost_is_not_published(small, where):
    built = build_on_milvus([small], where, HashEmbedder())
    server = server_of(where)
    rows = server.call("query", built.generation, filter="row >= 0", output_fields=["row"])
    server.delete(built.generation, [int(rows[0]["row"])])
    server.delete(built.generation + layout.RECORDS, [Kind.COMPLETE << 56])
    with pytest.raises(BadIndex, match="lost 1 of"):
        build_on_milvus([small], where, HashEmbedder())
    rebuilt = build_on_milvus([small], where, HashEmbedder(), afresh=True)
    assert rebuilt.generation != built.generation
    assert len(ids_in(MilvusIndex.open(where))) == built.result.passages


def test_a_reader_keeps_its_generation_while_the_alias_moves(small, where):
    build_on_milvus([small], where, HashEmbedder())
    reader = Engine(MilvusIndex.open(where), HashEmbedder())
    hits = reader.search("律师").hits
    (small / "新县-2025.txt").write_text("新县信访局2025年工作报告\n一、做法\n" + "律师接访。" * 20)
    build_on_milvus([small], where, HashEmbedder())
    assert reader.index.published() != reader.index.generation
    assert reader.search("律师").hits == hits
    newer = Engine(reader.index.reopened(), HashEmbedder())
    assert len(newer.index.metas) == len(reader.index.metas) + 1
    assert newer.search("律师").hits != hits


def test_only_the_generation_before_is_kept(small, where):
    names = []
    for n in range(3):
        (small / f"新县-202{n}.txt").write_text(f"新县信访局202{n}年工作报告\n一、做法\n律师接访。")
        names.append(build_on_milvus([small], where, HashEmbedder()).generation)
    there = server_of(where).call("list_collections")
    assert sorted(there) == sorted(n + end for n in names[1:] for end in ("", layout.RECORDS))


def test_a_failed_build_leaves_what_is_published(small, where, tmp_path):
    build_on_milvus([small], where, HashEmbedder())
    before = ids_in(MilvusIndex.open(where))
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "a.txt").write_text("")
    with pytest.raises(BadInput, match="no report could be indexed"):
        build_on_milvus([empty], where, HashEmbedder())
    assert ids_in(MilvusIndex.open(where)) == before


def test_a_collection_of_someone_else_is_left_alone(small, where):
    server = server_of(where)
    server.create(
        "reports", [("id", "INT64", {"is_primary": True}), ("v", "FLOAT_VECTOR", {"dim": 2})]
    )
    with pytest.raises(BadIndex, match="a collection of its own"):
        build_on_milvus([small], where, HashEmbedder())


def test_an_index_that_is_not_there_is_refused(where):
    with pytest.raises(BadIndex, match="no index at milvus://"):
        MilvusIndex.open(where)


def test_records_of_any_length_come_back_and_half_of_one_does_not(small, where):
    built = build_on_milvus([small], where, HashEmbedder())
    server = server_of(where)
    records = Records(server, built.generation + layout.RECORDS)
    noise = random.Random(1).randbytes(2 * PART).hex()
    records.put_many(Kind.WORDS, {900: {"long": noise}, 901: {"漢": [1, 2, 3]}})
    assert records.get_many(Kind.WORDS, [900, 901, 902]) == {
        900: {"long": noise},
        901: {"漢": [1, 2, 3]},
    }
    assert dict(records.all_of(Kind.WORDS, 900, 902)).keys() == {900, 901}
    server.delete(records.collection, [(Kind.WORDS << 56) + (900 << 16) + 1])
    assert records.get(Kind.WORDS, 900) is None
    assert dict(records.all_of(Kind.WORDS, 900, 902)).keys() == {901}


def test_a_heading_too_long_for_a_row_is_read_from_the_report(tmp_path, where):
    folder = tmp_path / "long"
    folder.mkdir()
    heading = "一、" + "健全完善依法分类处理群众信访诉求工作机制并" * 200
    body = "我局认真办理群众来信来访，全年接待群众一百余批次，化解矛盾纠纷二十余件。" * 3
    (folder / "a.txt").write_text(f"某县信访局2024年工作报告\n{heading}\n{body}")
    build_index([folder], tmp_path / "local", HashEmbedder())
    build_on_milvus([folder], where, HashEmbedder())
    local, far = Index.open(tmp_path / "local"), MilvusIndex.open(where)
    assert [far.passage(r) for r in far.rows_of_report("a").tolist()] == [
        local.passage(r) for r in local.rows_of_report("a").tolist()
    ] or far.metas == local.metas
    for row in far.rows_of(EVERYTHING).tolist():
        passage = far.passage(row)
        assert far.report(passage.report_id).text[passage.start : passage.end] == passage.text


# shards


def folder_of(tmp_path, count, paragraphs=1):
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(count):
        text = f"第{n}县信访局2024年法治政府建设工作报告\n一、主要做法\n"
        for m in range(paragraphs):
            text += f"（{m}）组织律师接访第{n}次，办理来信{n + m}件，化解积案{n + 1}件。" * 3 + "\n"
        (folder / f"r{n:02}.txt").write_text(text, "utf-8")
    return folder


def test_shards_give_what_one_worker_gives(tmp_path, where):
    folder = folder_of(tmp_path, 12)
    (folder / "z1.txt").write_text((folder / "r03.txt").read_text("utf-8"), "utf-8")  # again
    whole = build_on_milvus([folder], f"{where}_whole", HashEmbedder())
    first = build_on_milvus([folder], where, HashEmbedder(), shard=Shard(2, 3))
    assert first.waiting == (1, 3)
    with pytest.raises(BadIndex, match="no index"):
        MilvusIndex.open(where)
    assert build_on_milvus([folder], where, HashEmbedder(), shard=Shard(1, 3)).waiting == (3,)
    last = build_on_milvus([folder], where, HashEmbedder(), shard=Shard(3, 3))
    assert last.waiting == ()
    assert last.generation == first.generation
    one, three = MilvusIndex.open(f"{where}_whole"), MilvusIndex.open(where)
    assert three.metas == one.metas
    assert three.ledger == one.ledger
    assert last.result.count(Fate.SKIPPED) == 1
    assert ids_in(three) == ids_in(one)
    assert len(three) == whole.result.passages
    hits = [
        [h.passage.id for h in Engine(index, HashEmbedder()).search("律师接访第7次", k=5).hits]
        for index in (one, three)
    ]
    assert hits[0] == hits[1]


def test_reports_that_shards_call_the_same_are_told_apart(tmp_path, where):
    folder = tmp_path / "same"
    folder.mkdir()
    for n in range(6):
        inner = folder / f"f{n}"
        inner.mkdir()
        (inner / "a.txt").write_text(
            f"某县信访局2024年工作报告\n一、做法\n办理来信{n + 3}件，接访{n}次。"
        )
    build_index([folder], tmp_path / "local", HashEmbedder())
    for n in (1, 2):
        build_on_milvus([folder], where, HashEmbedder(), shard=Shard(n, 2))
    local, far = Index.open(tmp_path / "local"), MilvusIndex.open(where)
    assert {meta.id for meta in far.metas} == {meta.id for meta in local.metas}
    assert [meta.id for meta in far.metas] == [entry.report_id for entry in far.ledger]
    for meta in far.metas:
        assert far.report(meta.id).meta == meta
        (row,) = far.rows_of_report(meta.id).tolist()
        assert far.row_of(far.passage(row).id) == row


def test_a_shard_that_is_done_is_not_done_again(tmp_path, where):
    folder = folder_of(tmp_path, 4)
    build_on_milvus([folder], where, HashEmbedder(), shard=Shard(1, 2))

    class Never(HashEmbedder):
        def embed_passages(self, texts):
            raise AssertionError("embedded again")

    assert build_on_milvus([folder], where, Never(), shard=Shard(1, 2)).waiting == (2,)


def test_shards_and_rebuilding_exclude_each_other(small, where):
    with pytest.raises(BadInput, match="exclude each other"):
        build_on_milvus([small], where, HashEmbedder(), shard=Shard(1, 2), afresh=True)


# the command line


def bureau(*arguments, text=None):
    return subprocess.run(
        [sys.executable, "-m", "search_api.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        input=text,
    )


def test_a_folder_takes_no_shards(small, tmp_path):
    done = bureau("index", small, "--index", tmp_path / "i", "--shard", "1/2")
    assert (done.returncode, done.stdout) == (2, "")
    assert "milvus://host:port/collection" in done.stderr


def test_verbs_work_on_milvus_or_say_that_they_do_not(small, where):
    built = bureau("index", small, "--index", where)
    assert (built.returncode, where in built.stderr) == (0, True)
    found = bureau("search", "律师接访", "--index", where, "--json")
    assert found.returncode == 0
    first = json.loads(found.stdout.splitlines()[0])
    assert "律师" in first["text"]
    checked = bureau("verify", "--index", where, text=found.stdout)
    assert (checked.returncode, checked.stdout.count("verbatim")) == (0, found.stdout.count("\n"))
    for verb in (["stats"], ["cite", first["passage_id"]], ["show", first["passage_id"]]):
        assert bureau(*verb, "--index", where).returncode == 0
    for verb in (["wording", "律师"], ["indicators"], ["matrix"], ["changes", "a", "b"]):
        done = bureau(*verb, "--index", where)
        assert (done.returncode, done.stdout) == (2, "")
        assert len(done.stderr.splitlines()) == 1


def test_what_needs_files_is_refused_in_both_languages(where):
    with pytest.raises(NotOffered) as refused:
        open_local(Path(where))
    assert "本机" in refused.value.zh


def test_a_folder_loads_nothing_of_milvus(corpus_index):
    code = (
        "import sys; from pathlib import Path; from indexer.opening import open_index\n"
        "open_index(Path(sys.argv[1])).hold()\n"
        "sys.exit(any(m.partition('.')[0] in ('pymilvus', 'grpc') for m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(corpus_index)], cwd=ROOT)
    assert done.returncode == 0


def test_a_filter_holds_numbers_only():
    places = np.arange(30_000)
    mask = np.zeros(30_000, dtype=np.bool_)
    mask[:12_000] = True
    wild = ('issuer:x"] or row > 0 or ["',)
    some = layout.expression(Chosen(mask, (Role.WORK,), (wild,)), places)
    assert some.startswith("ARRAY_CONTAINS_ANY(tags, [")
    assert "issuer" not in some
    assert '"' not in some
    assert layout.expression(Chosen(mask & (places < 3)), places) == "report in [0, 1, 2]"
    assert layout.expression(Chosen(places < 29_999), places) == "report not in [29999]"
    assert layout.expression(Chosen(places < 0), places) == "report in []"


def test_words_of_a_query_are_found_by_their_count(engines):
    index = engines["milvus"].index
    query = parse_query("重复信访怎么治理")
    local = engines["local"].index
    assert index.ceiling(query.groups) == pytest.approx(local.ceiling(query.groups))
    assert index.ceiling([[("没有这个词", 1.0)]], absent=True) == pytest.approx(
        local.ceiling([[("没有这个词", 1.0)]], absent=True)
    )
