"""Command line of the bundled model's making: `python -m indexer.training VERB`."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory

from indexer.embedders import BundledEmbedder
from indexer.training.data import MODEL, read_groups, split_groups
from indexer.training.export import export, unpack
from indexer.training.finetune import Recipe, finetune
from indexer.training.related import RELATED, related_terms, write_related
from indexer.training.report import ROOT, report_bundled, report_folders
from indexer.training.transplant import transplant


def parse_args(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line as a namespace with `verb`."""
    parser = argparse.ArgumentParser(prog="python -m indexer.training", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)

    make = verbs.add_parser("transplant", help="MiniLM's body with a bilingual vocabulary")
    make.add_argument("--to", type=Path, required=True, help="sentence-transformers folder")

    tune = verbs.add_parser("finetune", help="train on the groups; continues where it stopped")
    tune.add_argument("--start", type=Path, required=True, help="folder made by transplant")
    tune.add_argument("--work", type=Path, required=True, help="checkpoints and epochs")
    tune.add_argument("--hold-out", type=int, default=0, help="leave out every n-th group")
    for field in fields(Recipe):
        flag = "--" + field.name.replace("_", "-")
        tune.add_argument(flag, type=type(field.default), default=field.default)

    pack = verbs.add_parser("export", help="write the bundled int8 ONNX model")
    pack.add_argument("folders", type=Path, nargs="+", help="models to average")
    pack.add_argument("--to", type=Path, default=MODEL)
    pack.add_argument("--version", required=True)
    pack.add_argument("--note", default="", help="how it was trained, kept in config.json")

    back = verbs.add_parser("unpack", help="rebuild a sentence-transformers folder")
    back.add_argument("--source", type=Path, default=MODEL)
    back.add_argument("--to", type=Path, required=True)

    verbs.add_parser("related", help="the thesaurus of terms, made with the bundled model")

    tell = verbs.add_parser("report", help="figures of the bundled model or of trained ones")
    tell.add_argument("--folders", type=Path, nargs="+", help="judge these float models' mean")
    tell.add_argument("--float", type=Path, nargs="+", help="what the bundled model was made of")
    tell.add_argument("--hold-out", type=int, default=0, help="as given to finetune")
    tell.add_argument("--corpus", type=Path, default=ROOT / "corpus")
    tell.add_argument("--labelled", type=Path, default=ROOT / "tests" / "eval")
    return parser.parse_args(arguments)


def _log_to(path: Path | None) -> None:
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(path, encoding="utf-8"))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", handlers=handlers)


def _report(args: argparse.Namespace) -> dict[str, object]:
    if args.folders:
        return report_folders(args.folders, labelled=args.labelled, every=args.hold_out)
    with TemporaryDirectory() as name:
        if not args.float:
            unpack(MODEL, Path(name))
        floating = args.float or [Path(name)]
        return report_bundled(floating, corpus=args.corpus, labelled=args.labelled)


def main(arguments: Sequence[str]) -> int:
    """Run one verb; exit status 0."""
    args = parse_args(arguments)
    _log_to(args.work / "log.txt" if args.verb == "finetune" else None)
    if args.verb == "transplant":
        print(json.dumps(transplant(args.to)))
    elif args.verb == "finetune":
        recipe = Recipe(**{field.name: getattr(args, field.name) for field in fields(Recipe)})
        groups, _ = split_groups(read_groups(), args.hold_out)
        print(finetune(recipe, args.start, args.work, groups))
    elif args.verb == "export":
        training = {"recipe": args.note, "models": len(args.folders)}
        export(args.folders, args.to, version=args.version, training=training)
    elif args.verb == "unpack":
        unpack(args.source, args.to)
    elif args.verb == "related":
        write_related(related_terms(BundledEmbedder().embed_passages), RELATED)
    else:
        print(json.dumps(_report(args), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
