"""procrastinate as a yardstick: one task a person, claimed and recorded in commits of its own.

`fill N` defers N tasks, `run` works them off with one worker. BENCH_DSN names its database,
BENCH_PORT the server's port, BENCH_SENDERS how many tasks at once.
"""

import asyncio
import json
import os
import sys

from procrastinate import App, PsycopgConnector

PORT, SENDERS = os.environ["BENCH_PORT"], int(os.environ["BENCH_SENDERS"])
# A few connections serve all tasks: with one for each they wait for each other's commits instead.
app = App(
    connector=PsycopgConnector(
        conninfo=os.environ["BENCH_DSN"], min_size=8, max_size=8, kwargs={"prepare_threshold": 1}
    )
)


@app.task(queue="wire", name="send")
async def send(person: str) -> None:
    body = json.dumps({"provider_id": person})
    reader, writer = await asyncio.open_connection("127.0.0.1", int(PORT))
    writer.write(
        f"POST /api/v1/users/invite HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    answer = await reader.read()
    writer.close()
    if not answer.startswith(b"HTTP/1.1 201"):
        raise RuntimeError(answer[:40])


async def main(what: str, number: int) -> None:
    async with app.open_async():
        if what == "fill":
            await app.schema_manager.apply_schema_async()
            await send.batch_defer_async(*({"person": f"person-{n}"} for n in range(number)))
        else:
            await app.run_worker_async(
                wait=False,
                concurrency=SENDERS,
                listen_notify=False,
                install_signal_handlers=False,
            )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
