"""What was measured, as a table, and beside each aim whether it was met."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple


class Line(NamedTuple):
    """One figure: its key, what it is, how it is written, and the most that it may be."""

    key: str
    label: str
    shape: str
    aim: float | None = None


LINES = (
    Line("cold_start_s", "cold start of the store", "{:.2f} s"),
    Line("cold_start_cpu_s", "  of it processor time", "{:.2f} s"),
    Line("rows", "rows on the list page", "{:.0f}"),
    Line("list_p50_ms", "list page p50", "{:.1f} ms"),
    Line("list_p95_ms", "list page p95", "{:.1f} ms"),
    Line("list_cpu_p50_ms", "  of it processor time, p50", "{:.1f} ms"),
    Line("turn_p50_ms", "list page never shown before p50", "{:.1f} ms"),
    Line("details_p50_ms", "details page p50", "{:.1f} ms"),
    Line("details_p95_ms", "details page p95", "{:.1f} ms"),
    Line("workload_p50_ms", "page of a workload p50", "{:.1f} ms"),
    Line("pod_p50_ms", "page of a pod p50", "{:.1f} ms"),
    Line("workloads_p50_ms", "list of workloads p50", "{:.1f} ms"),
    Line("pods_p50_ms", "list of pods p50", "{:.1f} ms"),
    Line("search_first_ms", "search over everything, the first", "{:.1f} ms"),
    Line("search_p50_ms", "search over everything p50", "{:.1f} ms"),
    Line("search_p95_ms", "search over everything p95", "{:.1f} ms"),
    Line("search_cpu_p50_ms", "  of it processor time, p50", "{:.1f} ms"),
    Line("search_mb", "  memory of its texts", "{:.0f} MB"),
    Line("step_p50_ms", "create dialog, step to step p50", "{:.1f} ms"),
    Line("step_p95_ms", "create dialog, step to step p95", "{:.1f} ms"),
    Line("full_p50_ms", "create dialog with every field set, step to step p50", "{:.1f} ms"),
    Line("full_p95_ms", "create dialog with every field set, step to step p95", "{:.1f} ms"),
    Line("review_p50_ms", "create dialog, review with its dry run p50", "{:.1f} ms"),
    Line("editor_ms", "opening the editor on a 200 KB document", "{:.0f} ms"),
    Line("check_ms", "checking a 1 MB document", "{:.0f} ms"),
    Line("stream_p50_ms", "from a change to the open stream p50", "{:.0f} ms"),
    Line("stream_p95_ms", "from a change to the open stream p95", "{:.0f} ms"),
    Line("empty_p50_ms", "empty answer of the same handler p50", "{:.2f} ms"),
    Line("raw_list_p50_ms", "raw LIST of 50 Services p50", "{:.2f} ms"),
    Line("parse_ms", "parsing the 1 MB document, events only", "{:.0f} ms"),
    Line("list_to_empty", "list page / empty answer, processor", "{:.1f}", 40),
    Line("list_to_raw", "list page / raw LIST, in turn", "{:.1f}", 15),
    Line("details_to_list", "details page / list page, in turn", "{:.1f}", 1.5),
    Line("workload_to_details", "page of a workload / details page, in turn", "{:.1f}", 1.5),
    Line("pod_to_details", "page of a pod / details page, in turn", "{:.1f}", 1.5),
    Line("workloads_to_list", "list of workloads / list page, in turn", "{:.1f}", 1.5),
    Line("pods_to_list", "list of pods / list page, in turn", "{:.1f}", 1.5),
    Line("search_to_list", "search / list page, in turn", "{:.1f}", 2),
    Line("step_to_list", "step to step / list page, in turn", "{:.1f}", 5),
    Line("full_to_list", "step to step with every field / list page, in turn", "{:.1f}", 9),
    Line("check_to_parse", "checking / parsing", "{:.1f}", 2.5),
    Line("queries", "database queries of the list page", "{:.0f}", 8),
    Line("html_kb", "HTML of the list page", "{:.1f} KB", 60),
    Line("html_gzip_kb", "  compressed", "{:.1f} KB"),
    Line("js_gzip_kb", "JavaScript before the editor, compressed", "{:.1f} KB", 60),
    Line("font_kb", "typeface", "{:.1f} KB", 120),
    Line("lines_shown", "log lines a second per core, read and shown", "{:,.0f}"),
    Line("lines_filtered", "  filtered by an expression, and shown", "{:,.0f}"),
    Line("lines_counted", "  read and counted", "{:,.0f}"),
    Line("memory_empty_mb", "memory before the store is filled", "{:.0f} MB"),
    Line("memory_mb", "memory of the process", "{:.0f} MB"),
    Line("pod_bytes", "  for each pod and what belongs to it", "{:.0f} B"),
    Line("memory_whole_mb", "memory with every page, searches and log lines", "{:.0f} MB", 300),
)

RATIOS = {
    "list_to_empty": ("list_cpu_p50_ms", "empty_cpu_p50_ms"),
    "list_to_raw": ("in_turn_list_ms", "in_turn_raw_list_ms"),
    "details_to_list": ("in_turn_details_ms", "in_turn_list_ms"),
    "workload_to_details": ("in_turn_workload_ms", "in_turn_details_ms"),
    "pod_to_details": ("in_turn_pod_ms", "in_turn_details_ms"),
    "workloads_to_list": ("in_turn_workloads_ms", "in_turn_list_ms"),
    "pods_to_list": ("in_turn_pods_ms", "in_turn_list_ms"),
    "search_to_list": ("in_turn_search_ms", "in_turn_list_ms"),
    "step_to_list": ("step_p50_ms", "step_list_p50_ms"),
    "full_to_list": ("full_p50_ms", "full_list_p50_ms"),
    "check_to_parse": ("check_ms", "parse_ms"),
}
"""Aims are ratios to something raw in the same run: milliseconds differ by a factor of two between machines, and
between minutes of one. Pages are held against pages that were asked for in turn with them, by the clock."""

Results = Mapping[int, Mapping[str, float]]


def table(results: Results, cluster: str) -> str:
    """Markdown: a column for each size, then each aim with what became of it."""
    sizes = [f"{services:,} Services" for services in results]
    lines = [_where(cluster), "", _row("", *sizes, "aim"), _row("---", *("---:" for _ in sizes), "---:")]
    for line in LINES:
        cells = (line.shape.format(figures[line.key]) if line.key in figures else "-" for figures in results.values())
        lines.append(_row(line.label.replace("  ", "&nbsp; "), *cells, f"{line.aim:g}" if line.aim else ""))
    return "\n".join([*lines, "", *_verdicts(results)])


def _row(first: str, *cells: str) -> str:
    return f"| {first:50} | " + " | ".join(f"{cell:>16}" for cell in cells) + " |"


def _verdicts(results: Results) -> list[str]:
    verdicts = []
    for line in LINES:
        worst = max((figures[line.key] for figures in results.values() if line.key in figures), default=None)
        if line.aim is not None and worst is not None:
            verdict = "met" if worst <= line.aim else "NOT MET"
            measured, aim = line.shape.format(worst), line.shape.format(line.aim)
            verdicts.append(f"- {verdict}: {line.label}: {measured}, aim {aim}")
    return verdicts


def _where(cluster: str) -> str:
    kilobytes = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    memory = int(kilobytes.split()[1]) / 2**20
    load = os.getloadavg()[0]
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    return f"{when}, {cluster} cluster, {os.cpu_count()} processors, {memory:.0f} GB, load {load:.1f} at the end."
