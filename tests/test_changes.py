"""Two reports compared: every side is verbatim, and labels are right on made-up pairs."""

from collections import Counter
from hashlib import sha256

import pytest
from bench.changes import pair
from changes_cases import index_cases
from clock import least_seconds

from indexer.build import build_index
from indexer.shapes import BadInput
from indexer.store import Index
from search_api.changes import units
from search_api.changes.candidates import candidates
from search_api.changes.changes import changes
from search_api.changes.fields import changes_fields, figure_rows, plan_rows, sentence_rows
from search_api.changes.pairs import report_of, suggestions
from search_api.changes.plans import plans
from search_api.changes.sections import in_order
from search_api.changes.shapes import Kind, Op, Relation
from search_api.changes.wording import bare, runs_of
from search_api.engine import Engine


@pytest.fixture(scope="module")
def made(tmp_path_factory, embedder):
    """(engine, cases) over the development set, the bundled reports and the made-up later years."""
    return index_cases(tmp_path_factory.mktemp("changes"), embedder)


@pytest.fixture(scope="module")
def found(made):
    """Case name -> its comparison."""
    engine, cases = made
    return {case.name: changes(engine, case.earlier, case.later) for case in cases}


def sentences(result):
    return [change for section in result.sections for change in section.changes]


def is_right(case, change):
    """Whether a sentence was labelled so by hand."""
    if change.b is None:
        return any(
            a and bare(change.a.text) in bare(a) and kind == "dropped"
            for a, _, kind, _ in case.sentences
        )
    return any(
        b
        and bare(change.b.text) in bare(b)
        and (kind, moved) == (change.kind, change.moved)
        and (change.a is None or bare(change.a.text) == bare(a))
        for a, b, kind, moved in case.sentences
    )


def links_of(result):
    return {
        (bare(old.text), bare(new.text))
        for section in result.sections
        for old in section.a
        for new in section.b
        if old.text or new.text
    }


def wanted_links(case, result):
    """The pairs of headings that were labelled; of headings without text of their own none."""
    own = {bare(new.text) for section in result.sections for new in section.b if new.text}
    pairs = {(bare(old), bare(new)) for olds, new in case.sections for old in olds if new}
    return {(old, new) for old, new in pairs if new in own}


@pytest.mark.parametrize("group", ["tune", "check"])
def test_sentences_are_labelled_as_by_hand(made, found, group):
    right, kinds = Counter(), Counter()
    for case in made[1]:
        if case.group == group:
            for change in sentences(found[case.name]):
                kinds[change.kind] += 1
                right[change.kind] += is_right(case, change)
    shares = {str(kind): f"{right[kind]}/{kinds[kind]}" for kind in Kind}
    share = right.total() / kinds.total()
    print(f"{group}: sentences labelled right: {share:.3f}", shares)
    assert kinds.total() > 80 and min(kinds.values()) >= 5
    assert share >= 0.95
    assert all(right[kind] >= 0.6 * kinds[kind] for kind in Kind)


@pytest.mark.parametrize("group", ["tune", "check"])
def test_sections_are_aligned_as_by_hand(made, found, group):
    said, wanted, both = 0, 0, 0
    for case in made[1]:
        if case.group == group:
            links, labels = links_of(found[case.name]), wanted_links(case, found[case.name])
            said, wanted, both = said + len(links), wanted + len(labels), both + len(links & labels)
    print(f"{group}: sections aligned: precision {both}/{said}, recall {both}/{wanted}")
    assert wanted >= 15
    assert both >= 0.9 * said and both >= 0.9 * wanted


def test_what_became_of_sections_is_named(made, found):
    by_heading = {
        (name, span.text): section.relation
        for name, result in found.items()
        for section in result.sections
        for span in section.b or section.a
    }
    assert by_heading["dev-11-2025", "（一）法治服务"] == Relation.MOVED
    assert by_heading["dev-24-2025", "（二）条例宣传"] == Relation.SPLIT
    assert by_heading["dev-17-2026", "七、坚持依法决策，扎紧权力运行的制度笼子"] == Relation.DROPPED
    assert by_heading["dev-17-2026", "七、坚持练兵强能，锻造专业队伍"] == Relation.NEW
    assert by_heading["dev-00-2025", "三、存在的主要问题"] == Relation.KEPT


def test_plans_find_their_results_or_none(made):
    engine, cases = made
    hits, answered, declined, silent = 0, 0, 0, 0
    for case in cases:
        by_plan = {bare(r.plan.text): r for r in plans(engine, case.earlier, case.later).results}
        for start, wanted in case.plans:
            result = next(r for text, r in by_plan.items() if text.startswith(bare(start)))
            texts = [bare(c.span.text) for c in result.candidates]
            if wanted:
                answered += 1
                hits += any(t.startswith(bare(w)) for t in texts for w in wanted)
            else:
                silent += 1
                declined += not texts
    print(f"plans: a right candidate for {hits}/{answered}, none offered for {declined}/{silent}")
    assert answered >= 12 and silent >= 3
    assert hits >= 0.8 * answered and declined >= 0.6 * silent


def test_every_side_is_verbatim_and_every_sentence_is_there_once(made, found):
    engine, cases = made
    for case in cases:
        result = found[case.name]
        figures = [value.span for f in result.figures for value in (f.a, f.b)]
        spans = [s for c in sentences(result) for s in (c.a, c.b) if s]
        heads = [s for section in result.sections for s in (*section.a, *section.b)]
        for span in [*spans, *figures, *heads]:
            text = engine.index.report(span.report_id).text
            assert text[span.start : span.end] == span.text
            assert span.sha256 == sha256(span.text.encode()).hexdigest()
        for report, side in ((case.earlier, "a"), (case.later, "b")):
            text = units.text_of(engine.index, engine.index.report(report))
            listed = sorted(s.start for c in sentences(result) if (s := getattr(c, side)))
            assert listed == sorted(unit.span.start for unit in text.units)


def test_shares_add_up(found):
    for result in found.values():
        s = result.summary
        assert s.kept + s.edited + s.new == s.characters_b
        assert s.kept_a + s.edited_a + s.dropped == s.characters_a
        shares = changes_fields(result)["summary"]["shares"]
        assert shares["kept"] + shares["edited"] + shares["new"] == pytest.approx(1, abs=3e-4)
        assert 0 < shares["dropped"] < 1 and 0 < shares["moved"] < 1


def test_figures_of_the_same_name_and_unit_have_a_difference(found):
    figures = {(f.subject, f.name, f.unit): f for f in found["yongan-2024-2025"].figures}
    rate = figures["矛盾纠纷", "化解率", "%"]
    assert (rate.a.value, rate.b.value, rate.difference) == (98, 98.8, 0.8)
    assert "化解率98.8%" in rate.b.span.text
    total = figures["矛盾纠纷", "矛盾纠纷排查", "件"]
    assert (total.a.value, total.b.value, total.difference) == (367, 402, 35)
    other = figures["信访评理", "化解", "件"]  # another 化解 than that of the disputes
    assert (other.a.value, other.b.value) == (234, 215)


def test_edits_put_both_texts_together_again(found):
    edited = [c for result in found.values() for c in sentences(result) if c.kind == Kind.EDITED]
    assert len(edited) > 50
    for change in edited:
        old = "".join(run.text for run in change.runs if run.op != Op.INSERTED)
        new = "".join(run.text for run in change.runs if run.op != Op.DELETED)
        assert (old, new) == (change.a.text, change.b.text)


def test_numbers_change_whole_and_lone_characters_are_not_kept_between_changes():
    runs = [(str(run.op), run.text) for run in runs_of("共排查矛盾367件。", "共排查矛盾397件。")]
    assert runs == [
        ("same", "共排查矛盾"),
        ("deleted", "367"),
        ("inserted", "397"),
        ("same", "件。"),
    ]
    runs = runs_of("前甲乙丙后后", "前丁乙戊后后")
    assert [run.text for run in runs] == ["前", "甲乙丙", "丁乙戊", "后后"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("一是坚持“第一议题”制度。", "二是坚持第一议题制度；", True),
        ("（一）加强领导。", "（三） 加强领导", True),
        ("化解率98.1%。", "化解率981%。", False),
        ("办理1-5件", "办理15件", False),
        ("一是", "二是", False),  # nothing else is left of them
    ],
)
def test_numbering_and_punctuation_are_no_edit_but_numbers_are(one, other, same):
    assert (bare(one) == bare(other)) == same


def test_long_lists_give_the_same_candidates_as_short_ones(monkeypatch):
    ones, others = ([line for line in text.split("。") if line] for text in pair(3000))
    full = candidates(ones, others, 0.6)
    monkeypatch.setattr("search_api.changes.candidates.FULL", 0)
    quick = candidates(ones, others, 0.6)
    best = {}
    for i, j, score in zip(full.left, full.right, full.likeness, strict=True):
        best[i] = max(best.get(i, (0, 0)), (score, j))
    sure = {(i, j) for i, (score, j) in best.items() if score > 0.9}
    assert len(sure) > 30
    assert sure <= set(zip(quick.left.tolist(), quick.right.tolist(), strict=True))


def test_order_keeps_the_most_pairs():
    assert in_order([(0, 2), (1, 0), (2, 1), (3, 3)]) == [(1, 0), (2, 1), (3, 3)]
    assert in_order([]) == []


def test_two_bureaus_share_little_and_their_sections_are_aligned(engine):
    result = changes(engine, "yongan-2024", "jieyang-2024")
    pairs = {(o.text[:6], n.text[:6]) for s in result.sections for o in s.a for n in s.b}
    assert ("（二）强化法", "（二）注重宣") in pairs
    assert result.summary.kept < 0.05 * result.summary.characters_b


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        ("nope", "yongan-2024", "no report “nope”"),
        ("yongan-2024", "nope", "no report “nope”"),
        ("", "yongan-2024", "no report “”"),
        ("yongan-2024", "yongan-2024", "both reports are “yongan-2024”"),
    ],
)
def test_unusable_pairs_are_refused_in_one_sentence(engine, a, b, said):
    with pytest.raises(BadInput, match=said) as refused:
        changes(engine, a, b)
    assert refused.value.zh != str(refused.value)


def test_plans_need_two_years_of_one_bureau(engine):
    with pytest.raises(BadInput, match="not of two years of one bureau"):
        plans(engine, "yongan-2024", "jieyang-2024")


def test_plans_are_of_the_earlier_year_whichever_comes_first(made):
    engine, _ = made
    result = plans(engine, "dev-11-2025", "dev-11")
    assert (result.earlier.id, result.later.id) == ("dev-11", "dev-11-2025")


def test_a_bureau_and_a_year_name_one_report_or_are_refused(made):
    metas = made[0].index.metas
    assert report_of(metas, "永安", 2024) == "yongan-2024"
    assert report_of(metas, "永安市人民政府信访局", 2025) == "yongan-2024-2025"
    with pytest.raises(BadInput, match="there is one for 2024, 2025"):
        report_of(metas, "永安", 2020)
    with pytest.raises(BadInput, match="no issuer “火星”"):
        report_of(metas, "火星", 2024)
    with pytest.raises(BadInput, match=r"reports of “信访局” for 2024: name two report ids"):
        report_of(metas, "信访局", 2024)


def test_consecutive_years_of_one_bureau_are_suggested_first(made):
    metas = made[0].index.metas
    found = suggestions(metas, 12)
    assert len(found) == 12
    kinds = [s.same_bureau for s in found]
    assert kinds[:5] == [True] * 5 and not any(kinds[5:])
    assert all(s.b.year - s.a.year == 1 for s in found[:5])
    assert all(s.a.year == s.b.year and s.a.issuer != s.b.issuer for s in found[5:])


def test_rows_hold_both_sides_with_spans(made, found):
    result = found["dev-24-2025"]
    rows = sentence_rows(result)
    assert len(rows) == len(sentences(result))
    edited = next(row for row in rows if row["kind"] == "edited")
    assert edited["sha256_a"] and edited["citation_b"].endswith(
        f"[{edited['report_b']}:{edited['start_b']}-{edited['end_b']}]"
    )
    assert len(figure_rows(result)) == len(result.figures) > 20
    planned = plan_rows(plans(made[0], "dev-24", "dev-24-2025"))
    assert any(row["score"] is None and not row["text_b"] for row in planned)


def test_too_long_reports_are_refused(engine, monkeypatch):
    monkeypatch.setattr(units, "LONGEST_REPORT", 1500)
    with pytest.raises(BadInput, match=r"2,\d+ characters, at most 1,500 can be compared"):
        changes(engine, "yongan-2024", "fushan-2023")
    monkeypatch.setattr(units, "LONGEST_REPORT", 400_000)
    monkeypatch.setattr(units, "MOST_UNITS", 10)
    with pytest.raises(BadInput, match="sentences, at most 10 can be compared"):
        changes(engine, "yongan-2024", "fushan-2023")


def test_any_pair_of_the_35_reports_is_quick(made):
    engine, _ = made
    ids = [meta.id for meta in engine.index.metas]
    slowest = max(
        least_seconds(lambda a=a, b=b: changes(engine, a, b))
        for a, b in zip(ids, ids[1:] + ids[:1], strict=True)
    )
    longest = least_seconds(lambda: plans(engine, "yongan-2024", "yongan-2024-2025"))
    print(f"slowest pair {1000 * slowest:.0f} ms, plans {1000 * longest:.0f} ms")
    assert slowest < 0.3 and longest < 0.6


def long_index(folder, embedder, texts):
    """An engine over two long reports."""
    reports = folder / "reports"
    reports.mkdir(parents=True)
    for name, text in zip("ab", texts, strict=True):
        (reports / f"{name}.txt").write_text(text, "utf-8")
    build_index([reports], folder / "index", embedder)
    engine = Engine(Index.open(folder / "index"), embedder)
    return engine, [meta.id for meta in engine.index.metas]


def repeated(year, length):
    """A report that says one thing over and over."""
    line = "对重复信访事项逐案建立台账，由县级领导包案化解。"
    lines = [f"{n % 99 + 1}.{line * 5}" for n in range(length // len(line) // 5)]
    return "\n".join([f"重复县信访局{year}年工作报告", "一、主要做法", *lines])


def test_cost_grows_with_length_and_not_with_its_square(tmp_path, embedder):
    seconds = []
    for length in (30_000, 90_000):
        engine, ids = long_index(tmp_path / str(length), embedder, pair(length))
        seconds.append(least_seconds(lambda engine=engine, ids=ids: changes(engine, *ids)))
    print("30,000 and 90,000 characters:", [f"{1000 * s:.0f} ms" for s in seconds])
    assert seconds[1] < 6 * seconds[0]


def test_one_sentence_said_a_thousand_times_does_no_harm(tmp_path, embedder):
    texts = repeated(2023, 30_000), repeated(2024, 24_000)
    engine, ids = long_index(tmp_path, embedder, texts)
    assert least_seconds(lambda: changes(engine, *ids), rounds=1) < 3
    kinds = Counter(str(change.kind) for change in sentences(changes(engine, *ids)))
    assert kinds["kept"] == 800 and kinds["dropped"] == 200  # of five, one is the heading
    assert not kinds["edited"] and not kinds["new"]
