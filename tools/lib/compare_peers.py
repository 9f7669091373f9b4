# SPDX-License-Identifier: Apache-2.0
"""tools/compare-peers: this server against others that do the same job, scenario by scenario.

Server on one core, load on the other, in interleaved pairs: machines drift, ratios of neighbours do
not. CPU is what the server's processes account for themselves. Prints Markdown, draws the ratios."""
import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from ratio_plot import bar_plot

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build", "release")
SERVER = os.path.join(BUILD, "server", "app", "penstock")
LOAD = os.path.join(BUILD, "tools", "load", "penstock-load")
PEER_LOAD = os.path.join(BUILD, "test", "bench", "peer_load")
PEER_FILES = os.path.join(ROOT, "test", "bench", "peers")
# Ports of the peers' configuration files: of subscribers, of publishers.
PEERS = {
    "nchan": (["nginx", "-p", ".", "-c", os.path.join(PEER_FILES, "nginx-nchan.conf")], 9102, 9102),
    "mosquitto": (["mosquitto", "-c", os.path.join(PEER_FILES, "mosquitto.conf")], 9103, 9113),
    "nats": (["nats-server", "-c", os.path.join(PEER_FILES, "nats.conf")], 9104, 9114),
}
WEB, WEB_TLS, FEED = 9201, 9202, 9261
NO_LIMITS = """
[limits]
connections_per_address = 0
sessions_per_address = 0
session_rate_per_address = 0
request_rate_per_address = 0
"""


def pinned(core, command):
    return ["nice", "-n", "-20", "taskset", "-c", core, *command]


def processes_of(pid):
    """It and its children: a server may work in another process than its first one."""
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [pid] + [one for child in file.read().split() for one in processes_of(int(child))]
    return [pid]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def running(command, port, core="0"):
    """A server that is there, in a folder of its own; gives the ids of its processes."""
    folder = tempfile.mkdtemp(prefix="penstock-compare-")
    with open(os.path.join(folder, "server.log"), "wb") as log:
        child = subprocess.Popen(pinned(core, command), cwd=folder, stdout=log, stderr=log)
    try:
        end = time.monotonic() + 20
        while not listens(port):
            if child.poll() is not None or time.monotonic() > end:
                with open(os.path.join(folder, "server.log"), encoding="utf-8") as log:
                    sys.exit(f"{command[0]} does not listen on {port}:\n{log.read()[-2000:]}")
            time.sleep(0.05)
        time.sleep(0.3)
        yield processes_of(child.pid)
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        shutil.rmtree(folder, ignore_errors=True)


def load(program, pids, *arguments):
    """The result of one run of the load; None if it had errors."""
    command = [*program, "--server-pid", ",".join(map(str, pids)), "--json", "-", "--quiet",
               *map(str, arguments)]
    run = subprocess.run(pinned("1", command), capture_output=True, text=True, timeout=300, check=False)
    if run.returncode != 0:
        print(f"no result: {' '.join(command)}\n{run.stderr[-600:]}{run.stdout[-600:]}", file=sys.stderr)
        return None
    return json.loads(run.stdout)


@contextlib.contextmanager
def ours(window=0, shards=1, extra="", tls=None):
    """This server, feed over ARI, recovery on; gives what penstock-load needs to reach it."""
    text = f"[server]\nshards = {shards}\n[[listener]]\nport = {WEB}\n"
    if tls:
        text += (f'[[listener]]\nname = "tls"\nport = {WEB_TLS}\n[listener.tls]\n'
                 f'certificates = [{{ certificate_file = "{tls}.pem", key_file = "{tls}.key" }}]\n')
    text += f"[delivery]\nmax_delay_millis = {window}\nadaptive_delay = false\n[log]\nlevel = \"warn\"\n{NO_LIMITS}{extra}\n"
    text += f'[[adapter_set]]\nid = "DEMO"\n[[adapter_set.data_adapter]]\nrequest_reply_port = {FEED}\n'
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(text)
        file.flush()
        with running([SERVER, "--config", file.name], WEB, "0" if shards == 1 else "0,1") as pids:
            yield pids


def our_run(options, window=0, how="ws", frequency="unfiltered", **server):
    port = WEB_TLS if how in ("wss", "https") else WEB
    with ours(window=window, **server) as pids:
        arguments = ["--url", f"{how}://127.0.0.1:{port}", "--feed", FEED, *options]
        if frequency:
            arguments += ["--frequency", frequency]
        return load([LOAD], pids, *arguments)


def peer_run(name, options):
    command, port, publish = PEERS[name]
    with running(command, port) as pids:
        return load([PEER_LOAD, name, str(publish)], pids, "--url", f"ws://127.0.0.1:{port}", *options)


def shape(sessions, items, rate, each=0, fields=8, value_bytes=9, changed=4):
    """100 bytes an update unless told otherwise."""
    return ["--sessions", sessions, "--items", items, "--items-each", each, "--rate", rate,
            "--fields", fields, "--value-bytes", value_bytes, "--changed", changed]


class Target:
    """What a value is to be: at least, or at most, a number."""

    def __init__(self, sign, number):
        self.sign, self.number = sign, number

    def __str__(self):
        return f"{self.sign} {self.number:g}"

    def met(self, value, room=1.0):
        """With room above 1 the number may be missed by that factor."""
        if value is None:
            return False
        if self.sign == "≥":
            return value * room >= self.number
        return value <= self.number * room


def at_least(number):
    return Target("≥", number)


def at_most(number):
    return Target("≤", number)


class Table:
    """Rows of the report. A target counts as met within `room`, a factor; those missed by more than
    half are counted, too."""

    def __init__(self, room=1.0):
        self.room = room
        self.rows = []
        self.bars = []
        self.far_off = 0

    def add(self, scenario, what, ours_is, value, target, other_is="", ratio=""):
        """`value` is what is held against the target; None: there was no result."""
        good = target.met(value, self.room)
        self.far_off += not target.met(value, 2.0)
        self.rows.append((scenario, what, ours_is, other_is, ratio, target, good))
        if other_is and value:
            more = target.sign == "≥"
            self.bars.append((f"{scenario}: {other_is.split()[0]}", value if more else 1 / value,
                              target.number if more else 1 / target.number))
        print(f"  {scenario}: {what}: ours {ours_is}, {other_is or 'alone'}; {ratio} (target {target})"
              f"{'' if good else '  MISSED'}", flush=True)

    def markdown(self):
        lines = ["| scenario | figure | ours | other | ratio | target | |", "|---|---|---|---|---|---|---|"]
        lines += [f"| {s} | {w} | {o} | {p} | {r} | {t} | {'yes' if g else 'no'} |"
                  for s, w, o, p, r, t, g in self.rows]
        return "\n".join(lines)


    def picture(self):
        return bar_plot("times as good as the other; green: the target", self.bars)


def figure(value):
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def alone(table, scenario, what, value, target):
    table.add(scenario, what, figure(value), value, target)


PER_CPU = ("deliveries per CPU second", lambda r: r["deliveries_per_cpu_second"])
CPU = ("share of a core", lambda r: r["server_cpu"])
P50 = ("p50 ms", lambda r: r["latency_ms"]["p50"])
P99 = ("p99 ms", lambda r: r["latency_ms"]["p99"])


def pairs(table, scenario, count, first, second, figures, names):
    """Both in turns; of each figure the median of the pairs' ratios against its target."""
    results = []
    for i in range(count):
        one = {}
        for key in (("first", "second") if i % 2 == 0 else ("second", "first")):
            one[key] = (first if key == "first" else second)()
        if one["first"] and one["second"]:
            results.append((one["first"], one["second"]))
    for (what, of), target in figures:
        found = [(of(a), of(b)) for a, b in results if of(b)]
        if not found:
            table.add(scenario, what, "-", None, target, f"{names[1]} -", "no result")
            continue
        ratios = sorted(a / b for a, b in found)
        ratio = statistics.median(ratios)
        table.add(scenario, what, figure(statistics.median(a for a, _ in found)), ratio, target,
                  f"{names[1]} {figure(statistics.median(b for _, b in found))}",
                  f"{ratio:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")
    return results


def against_peers(table, scenario, count, options, window, targets):
    for peer, figures in targets.items():
        results = pairs(table, f"{scenario}, window {window}", count,
                        lambda: our_run(options, window), lambda p=peer: peer_run(p, options),
                        figures, ("ours", peer))
        shares = [a["delivered_share"] for a, _ in results]
        if shares and min(shares) < 0.99:
            alone(table, f"{scenario}, window {window}", "delivered share", min(shares), at_least(0.99))


def times():
    return ["--open-rate", 4000, "--warmup", 1, "--seconds", SECONDS]


SECONDS = 4
# With --quick.
QUICK_SECONDS = 2
QUICK_PAIRS = 3
QUICK_ROOM = 4 / 3
QUICK = ("b1k-50", "stock30-300", "lat-k1", "memory")


def broadcast_50(table, count):
    against_peers(table, "b1k-50", count, [*shape(1000, 1, 50), *times()], 0,
                  {"nchan": [(PER_CPU, at_least(1.2))], "mosquitto": [(PER_CPU, at_least(1.4))],
                   "nats": [(PER_CPU, at_least(1.6))]})


def broadcast_100(table, count):
    against_peers(table, "b1k-100", count, [*shape(1000, 1, 100), *times()], 50,
                  {"nchan": [(PER_CPU, at_least(3))]})


def stock_300(table, count):
    against_peers(table, "stock30-300", count, [*shape(1000, 30, 300), *times()], 50,
                  {"nchan": [(PER_CPU, at_least(6))], "nats": [(CPU, at_most(0.333))]})


def stock_300_short_window(table, count):
    against_peers(table, "stock30-300", count, [*shape(1000, 30, 300), *times()], 20,
                  {"nchan": [(PER_CPU, at_least(3))], "nats": [(CPU, at_most(0.667))]})


def light(table, count):
    against_peers(table, "lat-k1", count, [*shape(100, 100, 200, each=1), *times()], 20,
                  {"nchan": [(P50, at_most(1.25)), (P99, at_most(2))]})


def kilobyte(table, count):
    # 40 items, each with 2.5 updates a second to a fortieth of the clients.
    options = [*shape(10000, 40, 100, each=1, value_bytes=120, changed=8), *times()]
    results = pairs(table, "b10k-2.5, 1 KB", count, lambda: our_run(options), lambda: peer_run("nchan", options),
                    [(PER_CPU, at_least(1.1))], ("ours", "nchan"))
    if results:
        mean = statistics.median(a["latency_ms"]["mean"] for a, _ in results)
        alone(table, "b10k-2.5, 1 KB", "mean ms", mean, at_most(30))


def held(run, rates):
    """The highest of the rates that is held: all delivered, p99 within 100 ms."""
    best = 0
    for rate in rates:
        result = run(rate)
        if not result or result["delivered_share"] < 0.98 or result["latency_ms"]["p99"] > 100:
            break
        best = rate
    return best


def ceiling(table, count):
    del count
    rates = [50, 100, 150, 300, 600, 1000, 1500, 2000, 3000, 4500, 6000, 8000, 11000]
    most = held(lambda rate: our_run([*shape(1000, 30, rate), *times()], 50), rates)
    for peer, target in (("nchan", 10), ("mosquitto", 12), ("nats", 5)):
        other = held(lambda rate, p=peer: peer_run(p, [*shape(1000, 30, rate), *times()]), rates)
        ratio = most / other if other else 0
        table.add("stock30, highest rate held", "updates/s of 30 items", most, ratio,
                  at_least(target), f"{peer} {other}", f"{ratio:.1f}")
    result = our_run([*shape(1000, 30, 3 * most), "--open-rate", 4000, "--warmup", 6, "--seconds", 10],
                     50, frequency=None)
    fresh = result["latency_ms"]["p99"] if result else None
    scenario = "stock30, three times that rate, MERGE"
    table.add(scenario, "age p99 ms", "-" if fresh is None else figure(fresh), fresh, at_most(150))
    if result:
        alone(table, scenario, "items of 1,000 sessions without news in a second", result["stale"], at_most(0))
        growth = 100 * (result["server_bytes"] / result["server_bytes_at_start"] - 1)
        alone(table, scenario, "growth of memory while measured, %", growth, at_most(1))


def frequency_limit(table, count):
    del count
    result = our_run([*shape(1000, 30, 3000), *times()], 20, frequency="20")
    if result:
        alone(table, "stock30, 100/s an item, 20/s told", "items of 1,000 sessions without news in a second",
              result["stale"], at_most(0))
        alone(table, "stock30, 100/s an item, 20/s told", "age p99 ms", result["latency_ms"]["p99"],
              at_most(60))
        alone(table, "stock30, 100/s an item, 20/s told", "share of a core", result["server_cpu"],
              at_most(0.5))


def tail(table, count):
    del count
    result = our_run([*shape(1000, 1, 100), "--warmup", 2, "--seconds", 60], 20)
    if not result:
        return
    latency = result["latency_ms"]
    for what, target in (("p99_9", 2), ("max", 5)):
        ratio = latency[what] / latency["p99"]
        table.add("b1k-100 for 60 s", f"{what} / p99", figure(latency[what]), ratio, at_most(target),
                  f"p99 {figure(latency['p99'])}", f"{ratio:.2f}")


def memory(table, count):
    del count
    idle = ["--sessions", 10000, "--open-rate", 4000, "--items", 0, "--warmup", 3, "--seconds", 1]
    subscribed = [*shape(10000, 30, 0), "--open-rate", 3000, "--warmup", 3, "--seconds", 1]
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, "server")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-keyout", name + ".key", "-out", name + ".pem", "-days", "2",
                        "-subj", "/CN=localhost"], check=True, capture_output=True)
        for what, options, how, target in (
                ("a session, nothing subscribed", idle, "ws", 1536),
                ("30 items of 9 fields", subscribed, "ws", 3072),
                ("over TLS, nothing subscribed", [*idle, "--insecure", "--open-rate", 1000], "wss", 18432)):
            result = our_run(options, how=how, frequency=None, tls=name if how == "wss" else None)
            if result:
                each = result["server_bytes_per_session"]
                alone(table, "10,000 sessions", what + ", bytes each", each, at_most(target))


def idle_cpu(table, count):
    options = ["--sessions", 10000, "--open-rate", 4000, "--items", 0, "--warmup", 6, "--seconds", 10]
    results = [result for result in (our_run(options) for _ in range(count)) if result]
    if results:
        alone(table, "10,000 idle sessions", "share of a core",
              statistics.median(result["server_cpu"] for result in results), at_most(0.03))


def opening(table, count):
    """A plain MERGE subscription, as in the row of the memory."""
    options = [*shape(10000, 30, 0), "--open-rate", 100000, "--warmup", 0, "--seconds", 0.5]
    results = [result for result in (our_run(options, frequency=None) for _ in range(count)) if result]
    for key, what, target in (("server_open_cpu_us", "us of CPU each", at_most(60)),
                              ("opened_per_second", "a second", at_least(10000))):
        if results:
            alone(table, "connect, create, subscribe", what,
                  statistics.median(result[key] for result in results), target)


def slow_readers(table, count):
    options = [*shape(1000, 30, 300), *times()]
    pairs(table, "100 of 1,000 do not read", count, lambda: our_run([*options, "--slow", 100], 20),
          lambda: our_run(options, 20), [(P99, at_most(1.2))], ("slow ones", "undisturbed"))


def http_streaming(table, count):
    options = [*shape(1000, 1, 50), *times()]
    cost = ("CPU a delivery", lambda r: 1e6 / r["deliveries_per_cpu_second"])
    pairs(table, "HTTP streaming", max(count, 9) if count >= 5 else count,
          lambda: our_run(options, how="http"), lambda: our_run(options),
          [(cost, at_most(1.15))], ("HTTP", "WebSocket"))


def two_shards(table, count):
    options = [*shape(1000, 30, 300), *times()]
    cost = ("CPU a delivery", lambda r: 1e6 / r["deliveries_per_cpu_second"])
    pairs(table, "two shards", count, lambda: our_run(options, 20, shards=2), lambda: our_run(options, 20),
          [(cost, at_most(1.15))], ("two", "one"))


SCENARIOS = {
    "b1k-50": broadcast_50, "b1k-100": broadcast_100, "stock30-300": stock_300,
    "stock30-300-w20": stock_300_short_window, "lat-k1": light,
    "b10k-1KB": kilobyte, "ceiling": ceiling, "frequency": frequency_limit, "tail": tail,
    "memory": memory, "idle": idle_cpu, "opening": opening, "slow": slow_readers,
    "http": http_streaming, "shards": two_shards,
}


def main():
    global SECONDS  # pylint: disable=global-statement
    parser = argparse.ArgumentParser(prog="tools/compare-peers", description=__doc__.splitlines()[0])
    parser.add_argument("scenarios", nargs="*", help=", ".join(SCENARIOS))
    parser.add_argument("--pairs", type=int, help="5, or 3 with --quick")
    parser.add_argument("--quick", action="store_true",
                        help="some scenarios, shorter, with targets a quarter looser; fails if one is missed by more than half")
    parser.add_argument("--markdown", help="a file for the table")
    parser.add_argument("--plot", help="a file for a picture of the ratios, SVG")
    given = parser.parse_args()
    unknown = [name for name in given.scenarios if name not in SCENARIOS]
    if unknown:
        parser.error(f"no scenario {unknown[0]}; there are {', '.join(SCENARIOS)}")
    if given.quick:
        SECONDS = QUICK_SECONDS
    with contextlib.suppress(OSError):  # the scheduler's groups know no nice
        with open("/proc/self/autogroup", "w", encoding="ascii") as file:
            file.write("-20")
    table = Table(QUICK_ROOM if given.quick else 1.0)
    for name in given.scenarios or (QUICK if given.quick else SCENARIOS):
        print(name, flush=True)
        SCENARIOS[name](table, given.pairs or (QUICK_PAIRS if given.quick else 5))
    print(table.markdown())
    if given.markdown:
        with open(given.markdown, "w", encoding="utf-8") as file:
            file.write(table.markdown() + "\n")
    if given.plot:
        with open(given.plot, "w", encoding="utf-8") as file:
            file.write(table.picture())
    return 1 if given.quick and table.far_off else 0


if __name__ == "__main__":
    sys.exit(main())
