"""Passes connections on: a machine in a network namespace reaches the server as its own loopback.

For SendQ speaks plain http with this machine only.
"""

import asyncio
import sys

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter


async def copy(reader: Reader, writer: Writer) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()


async def serve(address: str, port: int) -> None:
    async def pass_on(reader: Reader, writer: Writer) -> None:
        to_read, to_write = await asyncio.open_connection(address, port)
        await asyncio.gather(copy(reader, to_write), copy(to_read, writer))

    server = await asyncio.start_server(pass_on, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
