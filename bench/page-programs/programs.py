"""The programs of the page "Reliability and Error Handling", unmodified but for the base URL, against an API that is slow and healthy.

Each is played at the same time as the others, through the gateway; each must be answered, and asked for once. Started by ./run.
"""

import http.server
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request

import httpx
import requests
from openai import OpenAI

GATEWAY = "http://127.0.0.1:18091"
MESSAGES = [{"role": "user", "content": "hello"}]
asked = {}


class Slow(http.server.BaseHTTPRequestHandler):
    """Answers as the model's name says: `whole-90` after so many seconds, `late-90` with a stream whose first word comes after so many,
    `stream-90` with a word each half a second for so long."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        how, seconds = body["model"].split("-")[:2]
        asked[body["model"]] = asked.get(body["model"], 0) + 1
        if how == "whole":
            time.sleep(float(seconds))
            answer = json.dumps({
                "id": "c", "object": "chat.completion", "created": 1, "model": "m",
                "choices": [{"index": 0, "message": {"role": "assistant", "content": "fine"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
            }).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        if how == "late":
            time.sleep(float(seconds))
            seconds = 1
        for _ in range(int(float(seconds) * 2)):
            self.event({"content": "x"})
            time.sleep(0.5)
        self.event({}, "stop")
        self.wfile.write(b"data: [DONE]\n\n")

    def event(self, delta, finish=None):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        event = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
        self.wfile.flush()


def sdk():
    return OpenAI(
        base_url=GATEWAY + "/v1",
        api_key="<your-api-key>",
        timeout=httpx.Timeout(
            connect=10.0,
            read=1800.0,  # 30 min for long generations
            write=30.0,
            pool=10.0,
        ),
    )


def raw(model, stream=False):
    return requests.post(
        GATEWAY + "/v1/chat/completions",
        headers={"Authorization": "Bearer <your-api-key>"},
        json={"model": model, "messages": MESSAGES, "stream": stream},
        timeout=(10, 1800),  # (connect, read) in seconds
    )


def sdk_whole(model):
    return sdk().chat.completions.create(model=model, messages=MESSAGES).choices[0].message.content == "fine"


def sdk_stream(model):
    words = [chunk.choices[0].delta.content for chunk in sdk().chat.completions.create(model=model, messages=MESSAGES, stream=True)]
    return words.count("x") == int(float(model.split("-")[1]) * 2)


PROGRAMS = {
    "Python SDK, whole answer": (sdk_whole, "whole-45-sdk"),
    "Python SDK, whole answer ": (sdk_whole, "whole-90-sdk"),
    "Python SDK, stream": (sdk_stream, "stream-90-sdk"),
    "raw HTTP, whole answer": (lambda model: raw(model).json()["choices"][0]["message"]["content"] == "fine", "whole-45-raw"),
    "raw HTTP, whole answer ": (lambda model: raw(model).json()["choices"][0]["message"]["content"] == "fine", "whole-90-raw"),
    "raw HTTP, late stream": (lambda model: raw(model, True).text.count('"x"') == 2, "late-90-raw"),
    "raw HTTP, stream": (lambda model: raw(model, True).text.count('"x"') == 180, "stream-90-raw"),
}
results = {}


def play(name, program, model):
    begun = time.time()
    try:
        good = program(model)
    except Exception as failure:
        good = repr(failure)[:200]
    results[name] = (model, good, time.time() - begun)


def wait_for_gateway(served):
    for _ in range(3000):
        try:
            urllib.request.urlopen(GATEWAY + "/health/live").close()
            return
        except OSError:
            if served.poll() is not None:
                break
            time.sleep(0.1)
    sys.exit("the gateway did not start")


def main():
    api = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=api.serve_forever, daemon=True).start()
    upstream = f"http://127.0.0.1:{api.server_port}/v1"
    served = subprocess.Popen(
        [sys.argv[1], "serve", "--upstream", upstream, "--listen", GATEWAY.removeprefix("http://")],
        env={**os.environ, "BACKSTAY_LEDGER": "off", "BACKSTAY_ADMIN_LISTEN": "off"},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for_gateway(served)
        threads = [threading.Thread(target=play, args=(name, *how)) for name, how in PROGRAMS.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        served.terminate()
    good = True
    for name, (model, answered, seconds) in results.items():
        good &= answered is True and asked.get(model) == 1
        print(f"{name.strip():26} {model:14} answered: {answered}, after {seconds:.1f} s, asked {asked.get(model, 0)} time(s)")
    sys.exit(0 if good else 1)


main()
