"""The command line `geo-safety`: parses, calls, prints. What it prints is data on stdout, progress on stderr."""

from __future__ import annotations

import argparse
import logging
import os
import socket
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from geo_safety import __version__
from geo_safety.cli_access import add_access_commands
from geo_safety.cli_expectation import add_expectation_command
from geo_safety.cli_fetch import add_fetch_command
from geo_safety.cli_impact import add_impact_command
from geo_safety.cli_options import (
    EXIT_DONE,
    RELEASES_HELP,
    Run,
    add_actions,
    add_json,
    add_releases_folder,
    add_state_folder,
    answer,
    at_least_one,
    borough_codes,
    print_json,
    state_folder,
)
from geo_safety.cli_packs import add_pack_command
from geo_safety.cli_subscriptions import add_subscription_commands
from geo_safety.cli_walks import add_walk_commands
from geo_safety.errors import ConfigError, GeoSafetyError

EXIT_OUR_FAULT = 70
DEFAULT_PORT = 8000
API_FACTORY = "api.server:app_from_environment"
"""What `serve` hands to the server; the engine itself never imports the API."""
PROTOCOL = "api.patience:PatientProtocol"
"""How the server speaks HTTP, likewise."""
SECONDS_TO_FINISH = 30
"""Replies that have begun may take so long when the service is stopped."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Returns
    -------
    int
        0 done, 1 the user can mend it, 2 wrong usage (from argparse), 70 our fault.
    """
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.DEBUG if options.debug else logging.INFO, format="%(message)s", stream=sys.stderr)
    command: Run = options.command
    try:
        return command(options)
    except GeoSafetyError as error:
        print(f"geo-safety: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("geo-safety: stopped; the current release is untouched.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`geo-safety ... | head`): nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    except Exception as error:
        if options.debug:
            raise
        print(
            f"geo-safety: this is our fault, not yours: {type(error).__name__}: {error}\n"
            "Run the same command with --debug and send us what it prints.",
            file=sys.stderr,
        )
        return EXIT_OUR_FAULT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="geo-safety",
        description="From raw incident files to hotspots whose error rate is known, as map, tiles and tables.",
    )
    parser.add_argument("--version", action="version", version=f"geo-safety {__version__}")
    parser.add_argument("--debug", action="store_true", help="show details, and the traceback of a fault of ours")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Run, help: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help, description=help)
        sub.set_defaults(command=run)
        return sub

    demo = command("demo", _demo, "make the demo city's raw files, run everything on them, serve API and map")
    demo.add_argument(
        "folder", nargs="?", type=Path, default=Path("demo"), metavar="DIR", help="folder of the demo (default demo)"
    )
    demo.add_argument("--no-serve", action="store_true", help="stop after the release is made")
    demo.add_argument("--seed", type=int, default=1, help="another seed gives another city of the same kind")
    _server_options(demo)

    _run_commands(command)
    serve = command("serve", _serve, "serve API, tiles and map of the current release")
    serve.add_argument("releases", type=Path, metavar="RELEASES", help=RELEASES_HELP)
    _server_options(serve)

    _output_commands(command)
    add_fetch_command(command)
    add_expectation_command(command)
    add_impact_command(command)
    add_pack_command(command)
    _self_test_commands(command)
    add_access_commands(command)
    add_subscription_commands(command)
    add_walk_commands(command)
    _releases_commands(command("releases", _releases_list, "list, verify, activate or prune releases"))
    return parser


def _run_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    init = command("init", _init, "look at a folder, recognise what is in it, write a commented config")
    init.add_argument("folder", type=Path, metavar="DIR", help="folder with incident files, or one such file")
    init.add_argument("--out", type=Path, metavar="FILE", help="config to write (default DIR/geo-safety.toml)")
    init.add_argument(
        "--boundaries", type=Path, action="append", default=[], metavar="PATH", help="further place with boundary files"
    )
    init.add_argument("--crs", metavar="EPSG:N", help="coordinate system of tables in metres that state none")

    check = command("check", _check, "read a config and its inputs, write nothing, list every problem at once")
    check.add_argument("config", type=Path, metavar="CONFIG", help="config file (TOML)")
    add_json(check)

    run = command("run", _run, "turn raw files into a new release and make it current")
    run.add_argument("config", type=Path, metavar="CONFIG", help="config file (TOML)")
    run.add_argument(
        "--out", type=Path, default=Path("releases"), metavar="RELEASES", help=f"{RELEASES_HELP} (default releases)"
    )
    run.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="threads that read files")
    run.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="read files on the workers of this Dask scheduler; 'local': on N processes of this machine",
    )
    run.add_argument("--recount", action="store_true", help="read every file anew, also those that have not changed")
    add_json(run)


def _output_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    map_ = command("map", _map, "write a stand-alone map that opens with no network")
    map_.add_argument("releases", type=Path, metavar="RELEASES", help=RELEASES_HELP)
    map_.add_argument("out", type=Path, metavar="OUT.html", help="page to write")
    map_.add_argument("--theme", metavar="T", help="theme; default: the study's first")

    export = command("export", _export, "write a layer to a file, whose suffix names the format, or to PostGIS")
    export.add_argument("releases", type=Path, metavar="RELEASES", help=RELEASES_HELP)
    export.add_argument("layer", metavar="LAYER", help="a layer; for a database also: all")
    export.add_argument("out", metavar="OUT", help="a file such as wards.csv, or postgresql://user@host/database")
    export.add_argument("--theme", metavar="T", help="theme; default: the study's first")
    export.add_argument(
        "--access", choices=("open", "partner", "internal"), default="open", help="whose set (default open)"
    )
    export.add_argument(
        "--borough", action="append", default=[], metavar="B", help="with --access partner: code or name"
    )
    export.add_argument(
        "--schema", default="geo_safety", metavar="S", help="schema of the database (default geo_safety)"
    )


def _self_test_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    backtest = command("backtest", _backtest, "do past hotspots find later incidents, against naive and kernel density")
    calibrate = command(
        "calibrate", _calibrate, "test the lists on this study's own area and counts; kept for the next run"
    )
    for sub, seeds in ((backtest, "of the draws behind the intervals"), (calibrate, "another seed draws other maps")):
        sub.add_argument("config", type=Path, metavar="CONFIG", help="config file (TOML)")
        sub.add_argument("--seed", type=int, default=1, metavar="N", help=seeds)
        add_json(sub)
    calibrate.add_argument(
        "--out",
        type=Path,
        default=Path("releases"),
        metavar="RELEASES",
        help="releases whose next run copies the figures; they are kept in RELEASES/.state",
    )
    calibrate.add_argument(
        "--maps",
        type=at_least_one,
        default=200,
        metavar="N",
        help="maps without hotspots of every theme; a quarter as many known surfaces (default 200)",
    )


def _server_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="address to listen on (default 127.0.0.1)")
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, metavar="N", help=f"port to listen on (default {DEFAULT_PORT})"
    )
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="server processes")
    add_state_folder(parser)


def _releases_commands(parser: argparse.ArgumentParser) -> None:
    actions = (
        ("list", _releases_list, "list the releases of a folder, newest first"),
        ("verify", _releases_verify, "check every file of a release against its manifest"),
        ("activate", _releases_activate, "make an older or newer release the current one"),
        ("prune", _releases_prune, "delete old releases, never the current one"),
    )
    for name, action in add_actions(parser, actions):
        if name == "activate":
            action.add_argument("id", metavar="ID", help="release to make current")
        add_releases_folder(action)
        if name == "verify":
            action.add_argument("--id", metavar="ID", help="release to check (default: the current one)")
        if name == "prune":
            action.add_argument("--keep", type=int, default=5, metavar="N", help="newest releases that stay")
        add_json(action)


def _demo(options: argparse.Namespace) -> int:
    from geo_safety.demo_city import make_demo_city
    from geo_safety.progress import for_terminal

    progress = for_terminal()
    progress.step("Making the demo city's raw files")
    config = make_demo_city(options.folder / "city", seed=options.seed)
    releases = options.folder / "releases"
    code = _run_config(config, releases, workers=os.cpu_count() or 1, as_json=False)
    if options.no_serve or code != EXIT_DONE:
        return code
    options.releases = releases
    return _serve(options)


def _init(options: argparse.Namespace) -> int:
    from geo_safety.draft import make_draft, summary, write_config
    from geo_safety.progress import for_terminal

    folder: Path = options.folder
    out = options.out or (folder if folder.is_dir() else folder.parent) / "geo-safety.toml"
    draft = make_draft(folder, boundaries=options.boundaries, crs=options.crs, progress=for_terminal())
    write_config(draft, out)
    print("\n".join(summary(draft)))
    print(f"Wrote {out}. Read its comments, then: geo-safety check {out}")
    return EXIT_DONE


def _check(options: argparse.Namespace) -> int:
    from geo_safety.errors import ProblemsError
    from geo_safety.pipeline import check_config
    from geo_safety.progress import for_terminal

    try:
        report = check_config(options.config, progress=for_terminal(quiet=options.json))
    except GeoSafetyError as error:
        if not options.json:
            raise
        found = error.problems if isinstance(error, ProblemsError) else (error,)
        print_json({"ok": False, "problems": [{"problem": one.problem, "remedy": one.remedy} for one in found]})
        return error.exit_code
    if options.json:
        print_json({"ok": True, **report.as_json()})
    else:
        print(report.as_text())
    return EXIT_DONE


def _run(options: argparse.Namespace) -> int:
    from geo_safety.allocation import keep_memory

    keep_memory()
    return _run_config(
        options.config,
        options.out,
        workers=options.workers,
        scheduler=options.scheduler,
        recount=options.recount,
        as_json=options.json,
    )


def _run_config(
    config: Path, out: Path, *, workers: int, as_json: bool, scheduler: str | None = None, recount: bool = False
) -> int:
    from geo_safety.manifest import accounting_text
    from geo_safety.pipeline import run
    from geo_safety.progress import for_terminal

    run_here = partial(run, config, out, workers=workers, recount=recount, progress=for_terminal(quiet=as_json))
    if scheduler is None:
        release = run_here()
    else:
        from geo_safety.cluster import connect

        with connect(scheduler, workers=workers) as pool:
            release = run_here(pool=pool)
    if as_json:
        print_json({"release_id": release.release_id, "folder": str(release.folder), "manifest": release.manifest})
    else:
        print(accounting_text(release.manifest))
        print(f"Release {release.release_id} is now current in {out}.")
    return EXIT_DONE


def _serve(options: argparse.Namespace) -> int:
    from geo_safety.allocation import give_memory_back

    give_memory_back()
    import uvicorn

    from geo_safety.release import current

    release = current(options.releases)
    listener = _listen(options.host, options.port)
    os.environ["GEO_SAFETY_RELEASES"] = str(options.releases.resolve())
    os.environ["GEO_SAFETY_STATE"] = str(state_folder(options).resolve())
    host, port = listener.getsockname()[:2]
    address = f"http://{host}:{port}"
    print(f"Release {release.release_id}: map {address}/map, API {address}/ (Ctrl+C stops it)", flush=True)
    uvicorn.run(
        API_FACTORY,
        factory=True,
        fd=listener.fileno(),
        workers=options.workers,
        log_level="warning",
        server_header=False,
        access_log=False,
        http=PROTOCOL,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
    )
    return EXIT_DONE


def _listen(host: str, port: int) -> socket.socket:
    """A socket that already queues callers while the release is being loaded."""
    try:
        listener = socket.create_server((host, port), reuse_port=False)
    except OSError as error:
        raise ConfigError(
            f"Nothing can listen on {host}, port {port} ({error.strerror}).",
            "Choose another with --port, or stop the program that uses it.",
        ) from None
    listener.set_inheritable(True)
    # Connections take this from their listener. The server takes a listener that it is handed for one of another family
    # and so does not ask for it: the second packet of each short reply would wait 40 ms for the reader's delayed word.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _map(options: argparse.Namespace) -> int:
    from geo_safety.outputs.folium_map import write_map
    from geo_safety.release import current
    from geo_safety.view import View

    write_map(View(current(options.releases)), options.out, theme=options.theme)
    print(f"{options.out} ({options.out.stat().st_size / 1e6:.1f} MB) opens in any browser, with no network.")
    return EXIT_DONE


def _export(options: argparse.Namespace) -> int:
    from geo_safety.disclosure import Reader
    from geo_safety.outputs import export, export_to_database
    from geo_safety.outputs.postgis import is_address
    from geo_safety.release import current
    from geo_safety.view import View

    boroughs = frozenset(borough_codes(options.releases, options.borough))
    view = View(current(options.releases), Reader(options.access, boroughs))
    if is_address(options.out):
        layers = view.layers if options.layer == "all" else (options.layer,)
        publication = export_to_database(view, layers, options.out, theme=options.theme, schema=options.schema)[0]
        print(f"Schema {options.schema}: {', '.join(layers)} of release {view.release_id}")
    else:
        out = Path(options.out)
        publication = export(view, options.layer, out, theme=options.theme)
        print(f"{out} ({out.stat().st_size / 1e6:.1f} MB)")
    print(f"Safe to publish: {publication.answer}")
    return EXIT_DONE


def _backtest(options: argparse.Namespace) -> int:
    from geo_safety.backtest import backtest
    from geo_safety.progress import for_terminal

    progress = for_terminal(quiet=options.json)
    report = backtest(options.config, workers=os.cpu_count() or 1, seed=options.seed, progress=progress)
    answer(options, report.as_json(), report.as_text())
    return EXIT_DONE


def _calibrate(options: argparse.Namespace) -> int:
    from geo_safety.calibration import calibrate
    from geo_safety.progress import for_terminal

    found = calibrate(
        options.config,
        options.out,
        maps=options.maps,
        seed=options.seed,
        workers=os.cpu_count() or 1,
        progress=for_terminal(quiet=options.json),
    )
    answer(options, {"file": str(found.path), **found.figures}, found.as_text())
    return EXIT_DONE


def _releases_list(options: argparse.Namespace) -> int:
    from geo_safety.release import current_id, list_releases

    releases, now = list_releases(options.releases), current_id(options.releases)
    if options.json:
        print_json({"current": now, "releases": [release.release_id for release in releases]})
    for release in [] if options.json else releases:
        print(f"{'*' if release.release_id == now else ' '} {release.release_id}")
    return EXIT_DONE


def _releases_verify(options: argparse.Namespace) -> int:
    from geo_safety.release import current, open_release, verify

    release = open_release(options.releases, options.id) if options.id else current(options.releases)
    verify(release)
    answer(options, {"release_id": release.release_id, "verified": True}, f"{release.release_id}: every file is whole.")
    return EXIT_DONE


def _releases_activate(options: argparse.Namespace) -> int:
    from geo_safety.release import activate

    activate(options.releases, options.id)
    answer(options, {"current": options.id}, f"{options.id} is now current.")
    return EXIT_DONE


def _releases_prune(options: argparse.Namespace) -> int:
    from geo_safety.release import prune

    gone = prune(options.releases, keep=options.keep)
    answer(options, {"deleted": gone}, f"Deleted: {', '.join(gone) or 'nothing'}.")
    return EXIT_DONE
