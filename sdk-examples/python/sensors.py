#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A Data Adapter in Python, over gRPC: figures of its machine. README.md beside this file says more."""
import argparse
import asyncio
import contextlib
import random
import shutil
import signal
import sys
import time
import urllib.parse

import grpc
from penstock.adapter.v1 import adapter_service_pb2_grpc, common_pb2, data_pb2

GIB, MIB = 1 << 30, 1 << 20
TICK_SECONDS = 0.5
MAX_PAUSE_SECONDS = 30
# Ping a silent server, so that its loss is noticed.
# What gRPC raises of a stream that has ended, or had ended before it was asked for something.
ENDED = (grpc.RpcError, asyncio.InvalidStateError)
CHANNEL_OPTIONS = (("grpc.keepalive_time_ms", 20_000), ("grpc.keepalive_timeout_ms", 10_000))


class Sensors:
    """What there is to measure: item -> its fields, as Python has them."""

    def __init__(self):
        self.late_millis = 0.0  # of the last tick
        self._all = {
            "sensor.timer": ("How late a timer fires", "ms", lambda: round(self.late_millis, 3)),
            "sensor.disk": ("Free on the disk", "GiB", lambda: shutil.disk_usage("/").free / GIB),
            "sensor.files": ("Open files of the machine", "", self._open_files),
            "sensor.memory": ("Memory of the adapter", "MiB", self._resident),
        }

    def __contains__(self, item):
        return item in self._all

    def read(self, item):
        name, unit, measure = self._all[item]
        fields = {"name": name, "unit": unit, "value": None, "ok": True, "time": int(time.time() * 1000)}
        try:
            fields["value"] = measure()
        except (OSError, ValueError):
            fields["ok"] = False
        return fields

    @staticmethod
    def _open_files():
        with open("/proc/sys/fs/file-nr", encoding="ascii") as file:
            return int(file.read().split()[0])

    @staticmethod
    def _resident():
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * 4096 / MIB


def log(line):
    print(line, file=sys.stderr, flush=True)


def field_value(number, value):
    """A typed value; clients get each type as one text, which the contract defines."""
    made = data_pb2.FieldValue(field=number)
    if value is None:
        made.null = data_pb2.FieldValue.NULL_VALUE
    elif isinstance(value, bool):
        made.boolean = value
    elif isinstance(value, int):
        made.integer = value
    elif isinstance(value, float):
        made.number = value
    else:
        made.text = str(value)
    return made


class Stream:
    """One stream of the adapter, from Hello to its end."""

    def __init__(self, call, sensors, hello):
        self._call = call
        self._sensors = sensors
        self._hello = hello
        self._writing = asyncio.Lock()  # one write at a time
        self._numbers = {}  # field name -> its number on this stream
        self._open = {}  # item -> [subscription, the fields sent last]

    async def run(self):
        """Serves until the stream ends; says how it did."""
        tasks = {asyncio.create_task(self._read()), asyncio.create_task(self._tick())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            with contextlib.suppress(*ENDED):
                for task in done:
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return f"{(await self._call.code()).name} {await self._call.details()}"

    async def leave(self):
        """Tells the server, which ends the stream when it has no more questions."""
        with contextlib.suppress(*ENDED):
            await self._send(goodbye=common_pb2.Goodbye(reason="the adapter stops"))

    async def _read(self):
        await self._send(hello=self._hello)
        async for message in self._call:
            kind = message.WhichOneof("kind")
            if kind == "init":
                await self._send(init_done=common_pb2.InitDone())
            elif kind == "role":
                log("ready" if message.role.active else "standing by")
            elif kind == "subscribe":
                await self._subscribe(message.subscribe)
            elif kind == "unsubscribe":
                self._open.pop(message.unsubscribe.item, None)
                result = data_pb2.UnsubscribeResult(subscription=message.unsubscribe.subscription)
                await self._send(unsubscribe_result=result)
            elif kind == "goodbye":
                log("the server says goodbye: " + message.goodbye.reason)

    async def _send(self, **kind):
        async with self._writing:
            await self._call.write(data_pb2.DataAdapterMessage(**kind))

    async def _send_updates(self, updates, snapshot=False):
        # The numbers of new fields follow from the order of messages: given while nobody else writes.
        # A server that takes no more makes us wait here, and the next tick sends the values of then:
        # nothing piles up.
        async with self._writing:
            batch = data_pb2.EventBatch()
            for subscription, fields in updates:
                self._add_update(batch, subscription, fields, snapshot)
            await self._call.write(data_pb2.DataAdapterMessage(events=batch))

    async def _subscribe(self, request):
        result = data_pb2.SubscribeResult(subscription=request.subscription)
        if request.item not in self._sensors:
            result.error.kind = common_pb2.Error.KIND_SUBSCRIPTION
            result.error.message = "there is no sensor " + request.item
            await self._send(subscribe_result=result)
            return
        fields = self._sensors.read(request.item)
        await self._send(subscribe_result=result)
        await self._send_updates([(request.subscription, fields)], snapshot=True)
        self._open[request.item] = [request.subscription, fields]

    def _add_update(self, batch, subscription, fields, snapshot):
        update = batch.events.add(subscription=subscription).update
        update.is_snapshot = snapshot
        for name, value in fields.items():
            if name not in self._numbers:
                self._numbers[name] = len(self._numbers) + 1
                batch.new_fields.append(name)
            update.fields.append(field_value(self._numbers[name], value))
        if snapshot:
            batch.events.add(subscription=subscription, end_of_snapshot=data_pb2.EndOfSnapshot())

    async def _tick(self):
        due = time.monotonic()
        while True:
            due = max(due + TICK_SECONDS, time.monotonic())
            await asyncio.sleep(due - time.monotonic())
            self._sensors.late_millis = max(0.0, (time.monotonic() - due) * 1000)
            updates = []
            for item, entry in self._open.items():
                subscription, sent = entry
                now = self._sensors.read(item)
                updates.append((subscription, {k: v for k, v in now.items() if v != sent[k]}))
                entry[1] = now
            if updates:
                await self._send_updates(updates)


def parse_arguments():
    parser = argparse.ArgumentParser(description="The Data Adapter SENSORS, over gRPC.")
    parser.add_argument("--server", default="grpc://127.0.0.1:6672/SENSORS/SENSORS", metavar="ENDPOINT",
                        help="grpc://host:port/set/adapter, or grpcs:// for TLS; %(default)s")
    parser.add_argument("--ca", help="the authorities of servers, in PEM (those of gRPC)")
    parser.add_argument("--token-file", help="its first line is the token, if the server asks for one")
    arguments = parser.parse_args()
    endpoint = urllib.parse.urlsplit(arguments.server)
    names = [urllib.parse.unquote(name) for name in endpoint.path.split("/")[1:]]
    if endpoint.scheme not in ("grpc", "grpcs") or len(names) != 2 or not all(names):
        parser.error(f"{arguments.server} is not as grpc://host:port/set/adapter")
    arguments.over_tls = endpoint.scheme == "grpcs"
    arguments.target = endpoint.netloc
    arguments.set, arguments.adapter = names
    return arguments


def first_line(path):
    with open(path, encoding="utf-8") as file:
        return file.readline().rstrip("\n")


def open_channel(arguments):
    if not arguments.over_tls:
        return grpc.aio.insecure_channel(arguments.target, options=CHANNEL_OPTIONS)
    authorities = None
    if arguments.ca:
        with open(arguments.ca, "rb") as file:
            authorities = file.read()
    return grpc.aio.secure_channel(arguments.target, grpc.ssl_channel_credentials(authorities), options=CHANNEL_OPTIONS)


async def serve(arguments, stopping):
    """A stream, and another one after each that ends, with a pause that grows, until we stop."""
    token = first_line(arguments.token_file) if arguments.token_file else None
    headers = (("authorization", "Bearer " + token),) if token else ()
    hello = common_pb2.Hello(adapter_set=arguments.set, data_adapter=arguments.adapter, sdk="Python example")
    sensors = Sensors()
    pause = 0.5
    async with open_channel(arguments) as channel:
        service = adapter_service_pb2_grpc.AdapterServiceStub(channel)
        while not stopping.is_set():
            begin = time.monotonic()
            stream = Stream(service.Data(metadata=headers), sensors, hello)
            running = asyncio.create_task(stream.run())
            stop = asyncio.create_task(stopping.wait())
            await asyncio.wait({running, stop}, return_when=asyncio.FIRST_COMPLETED)
            stop.cancel()
            if not running.done():
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(stream.leave(), 2)
                    await asyncio.wait_for(running, 5)
                return
            log("not connected: " + running.result())
            pause = 0.5 if time.monotonic() - begin > MAX_PAUSE_SECONDS else min(2 * pause, MAX_PAUSE_SECONDS)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stopping.wait(), pause * random.uniform(0.5, 1))


async def main():
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await serve(parse_arguments(), stopping)


asyncio.run(main())
