"""What stands beside the recorder in its bench, each a process of its own.

`python -m bench.live_ground origin PIECE_BYTES CERTIFICATE` serves any number of streams in real time and prints its
port. `… floor URL STREAMS FOLDER` downloads their pieces as they come out and writes them down, with a bare aiohttp
client and nothing around it. `SSL_CERT_FILE` names the certificate to both sides that ask.
"""

import asyncio
import ssl
import sys
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import aiohttp
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PIECE_S = 2.0
LISTED = 6
PACKET = b"\x47" + bytes(range(187))


def certify(folder: Path) -> Path:
    """Makes a file with a key and a certificate of loopback, good for a day."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    begun = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = begun.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    made = dated.add_extension(names, critical=False).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "loopback.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def _begins_s(stream: int) -> float:
    """Pieces of different streams don't come out at the same moment."""
    return stream * 0.37 % PIECE_S


async def origin(piece_bytes: int, certificate: Path) -> None:
    body = PACKET * (piece_bytes // len(PACKET))

    async def playlist(request: web.Request) -> web.Response:
        out = int((time.time() - _begins_s(int(request.match_info["stream"]))) / PIECE_S)
        lines = ["#EXTM3U", f"#EXT-X-TARGETDURATION:{round(PIECE_S)}", f"#EXT-X-MEDIA-SEQUENCE:{out - LISTED}"]
        for k in range(out - LISTED, out):
            lines += [f"#EXTINF:{PIECE_S},", f"{k}.ts"]
        return web.Response(text="\n".join(lines))

    async def piece(_: web.Request) -> web.Response:
        return web.Response(body=body)

    app = web.Application()
    app.add_routes([web.get("/{stream}/live.m3u8", playlist), web.get("/{stream}/{piece}.ts", piece)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


async def floor(url: str, streams: int, folder: Path) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), read_bufsize=1 << 18) as session:
        await asyncio.gather(*[_download(session, f"{url}/{n}", folder / str(n), n) for n in range(streams)])


async def _download(session: aiohttp.ClientSession, url: str, path: Path, stream: int) -> None:
    while True:
        out = int((time.time() - _begins_s(stream)) / PIECE_S)
        async with session.get(f"{url}/{out - 1}.ts") as response:
            with path.open("wb") as file:
                async for data in response.content.iter_chunked(1 << 18):
                    file.write(data)
        await asyncio.sleep((out + 1) * PIECE_S + _begins_s(stream) - time.time())


if __name__ == "__main__":
    import uvloop

    if sys.argv[1] == "origin":
        uvloop.run(origin(int(sys.argv[2]), Path(sys.argv[3])))
    else:
        uvloop.run(floor(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])))
