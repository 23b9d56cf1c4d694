"""Threads that do nothing but call: `requests` alone, without any queue or database."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import requests

URL = f"http://127.0.0.1:{os.environ['BENCH_PORT']}/api/v1/users/invite"


def send(number: int) -> None:
    answer = requests.post(
        URL, json={"provider_id": f"person-{number}"}, headers={"Connection": "close"}, timeout=60
    )
    answer.raise_for_status()


if __name__ == "__main__":
    with ThreadPoolExecutor(int(os.environ["BENCH_SENDERS"])) as senders:
        list(senders.map(send, range(int(sys.argv[2]))))
