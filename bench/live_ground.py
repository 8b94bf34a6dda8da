"""What stands beside the recorder in its bench, each a process of its own.

`python -m bench.live_ground origin PIECE_BYTES PIECE_S` serves any number of streams in real time and prints its port.
`… floor URL STREAMS FOLDER PIECE_S` downloads their pieces as they come out and writes them down, with a bare aiohttp
client and nothing around it.
"""

import asyncio
import sys
import time
from pathlib import Path

import aiohttp
from aiohttp import web

LISTED = 6
PACKET = b"\x47" + bytes(range(187))


async def origin(piece_bytes: int, piece_s: float) -> None:
    body = PACKET * (piece_bytes // len(PACKET))

    async def playlist(_: web.Request) -> web.Response:
        out = int(time.time() / piece_s)
        lines = ["#EXTM3U", f"#EXT-X-TARGETDURATION:{round(piece_s)}", f"#EXT-X-MEDIA-SEQUENCE:{out - LISTED}"]
        for k in range(out - LISTED, out):
            lines += [f"#EXTINF:{piece_s},", f"{k}.ts"]
        return web.Response(text="\n".join(lines))

    async def piece(_: web.Request) -> web.Response:
        return web.Response(body=body)

    app = web.Application()
    app.add_routes([web.get("/{stream}/live.m3u8", playlist), web.get("/{stream}/{piece}.ts", piece)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


async def floor(url: str, streams: int, folder: Path, piece_s: float) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), read_bufsize=1 << 18) as session:
        await asyncio.gather(*[_download(session, f"{url}/{n}", folder / str(n), piece_s) for n in range(streams)])


async def _download(session: aiohttp.ClientSession, url: str, path: Path, piece_s: float) -> None:
    while True:
        out = int(time.time() / piece_s)
        async with session.get(f"{url}/{out - 1}.ts") as response:
            with path.open("wb") as file:
                async for data in response.content.iter_chunked(1 << 18):
                    file.write(data)
        await asyncio.sleep((out + 1) * piece_s - time.time())


if __name__ == "__main__":
    if sys.argv[1] == "origin":
        asyncio.run(origin(int(sys.argv[2]), float(sys.argv[3])))
    else:
        import uvloop

        uvloop.run(floor(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]), float(sys.argv[5])))
