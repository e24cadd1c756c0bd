"""`python -m analysis`: the same numbers from a file, without the web.

    python -m analysis estimate --data DATA.csv --request REQUEST.json --out RESULT.json
    python -m analysis report --result RESULT.json
    python -m analysis looks --at 0.25 0.5 0.75 1 --alpha 0.05 --spending obrien_fleming

DATA may be CSV, Parquet, SPSS .sav or Stata .dta; `-` is standard input or output. Exit 0 and a whole result, or exit
2, one sentence on standard error that names file, row or column, and no result: what stood at --out is removed then, so
that an old result is never taken for the new one.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from collections.abc import Iterable, Sequence
from math import isfinite
from pathlib import Path
from typing import NoReturn

from analysis.errors import AnalysisError
from analysis.files import answering, report, result_document
from analysis.files.data_file import DataFile, read_data
from analysis.files.request import read_request
from analysis.monitoring import spending

MARGIN_COLUMNS = ("margin", "level", "count")


class _SameFile(AnalysisError):
    """The result would take the place of what it is made from."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise AnalysisError(f"{message[0].upper()}{message[1:]}; `python -m analysis --help` shows what is expected.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name, and give its exit code: 0, or 2 for what is refused."""
    out: str | None = None
    try:
        options = _parser().parse_args(arguments)
        out = options.out
        options.run(options)
    except _SameFile as error:
        print(error, file=sys.stderr)
        return 2
    except AnalysisError as error:
        _discard(out)
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2
    except OSError as error:
        _discard(out)
        print(f"{error.filename or 'A file'}: {error.strerror}.", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m analysis", description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="command", parser_class=_Parser)
    estimate = commands.add_parser("estimate", help="estimates, verdicts and more, as JSON")
    estimate.add_argument(
        "--data", required=True, metavar="FILE", help="CSV, Parquet, .sav or .dta; - is CSV on standard input"
    )
    estimate.add_argument("--request", required=True, metavar="FILE", help="what is asked, JSON; - is standard input")
    estimate.add_argument("--out", required=True, metavar="FILE", help="where RESULT.json goes; - is standard output")
    estimate.set_defaults(run=_estimate)
    readable = commands.add_parser("report", help="a result as a page to read, Markdown")
    readable.add_argument("--result", required=True, metavar="FILE", help="RESULT.json; - is standard input")
    readable.add_argument("--out", default="-", metavar="FILE", help="where the page goes; - is standard output")
    readable.set_defaults(run=_report)
    looks = commands.add_parser("looks", help="levels of looks fixed beforehand at a survey that runs, as JSON")
    looks.add_argument(
        "--at", required=True, nargs="+", type=float, metavar="SHARE", help="of the planned answers, 0..1"
    )
    looks.add_argument("--alpha", type=float, default=0.05, metavar="ERROR", help="one-sided, over all looks")
    looks.add_argument("--spending", choices=spending.KINDS, default=spending.KINDS[0], help="how it is spent")
    looks.add_argument("--out", default="-", metavar="FILE", help="where the looks go; - is standard output")
    looks.set_defaults(run=_looks)
    return parser


def _apart(source: str, out: str, name: str) -> None:
    """Refuse to write over what is read: a failure would remove it, a success replace it."""
    there = "-" not in (source, out) and Path(source).exists() and Path(out).exists()
    if there and Path(source).samefile(out):
        raise _SameFile(f"{name} and --out are the same file, {source}; give the result a name of its own.")


def _estimate(options: argparse.Namespace) -> None:
    if options.data == "-" and options.request == "-":
        raise AnalysisError("Only one of --data and --request can be standard input.")
    _apart(options.data, options.out, "--data")
    _apart(options.request, options.out, "--request")
    folder = Path() if options.request == "-" else Path(options.request).parent
    request = read_request(_text(options.request))
    replicates = request.design.replicates
    pattern = None if replicates is None else replicates.pattern
    data = read_data(options.data, answering.wanted_columns(request), pattern=pattern)
    prepared = answering.prepare(request, data, lambda name: _margins(name, folder, options.out))
    _write(options.out, result_document.text_of(answering.result(prepared)))


def _report(options: argparse.Namespace) -> None:
    _apart(options.result, options.out, "--result")
    name = "standard input" if options.result == "-" else options.result
    _write(options.out, [report.readable(_text(options.result), name)])


def _looks(options: argparse.Namespace) -> None:
    found = spending.looks(options.at, alpha=options.alpha, kind=options.spending)
    rows = [
        {"at": at, "level": level, "spent": spent, "bound": bound if isfinite(bound) else None}
        for at, level, spent, bound in zip(
            found.times.tolist(), found.level.tolist(), found.spent.tolist(), found.bound.tolist(), strict=True
        )
    ]
    _write(options.out, [json.dumps({"alpha": options.alpha, "spending": options.spending, "looks": rows}), "\n"])


def _margins(name: str, folder: Path, out: str) -> DataFile:
    """The margins file, beside the request or where the command runs."""
    file = str(folder / name if (folder / name).is_file() else Path(name))
    _apart(file, out, "The margins")
    return read_data(file, MARGIN_COLUMNS)


def _text(path: str) -> str:
    if path == "-":
        return sys.stdin.read()
    file = Path(path)
    if not file.is_file():
        raise AnalysisError(f"There is no file {path}.")
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise AnalysisError(f"{path} is not UTF-8; save it as UTF-8.") from None


def _write(path: str, pieces: Iterable[str]) -> None:
    """The whole text at once: to a file beside the target, with the permissions of any new file, then in its place."""
    if path == "-":
        sys.stdout.writelines(pieces)
        sys.stdout.flush()
        return
    target = Path(path)
    if not path or target.is_dir() or not target.parent.is_dir():
        raise AnalysisError(f"--out '{path}' is not a file in a folder that exists.")
    part = target.parent / f".{target.name}.{secrets.token_hex(8)}.part"
    try:
        with part.open("x", encoding="utf-8") as stream:
            stream.writelines(pieces)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _discard(path: str | None) -> None:
    if path and path != "-" and Path(path).is_file():
        Path(path).unlink()
