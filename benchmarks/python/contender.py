"""The process of one contender in Python: python contender.py SCRIPT INPUT. See contender-process.ts.

SCRIPT is a module of this folder with a function `prepare(input)` that gives an object with `version`, `run()`, and,
where they are needed, `before()`, `save(result, folder)` and `peak_mb()`.
"""
import gc
import importlib
import json
import os
import re
import sys
import time


def peak_mb():
    with open('/proc/self/status') as status:
        return int(re.search(r'VmHWM:\s+(\d+) kB', status.read()).group(1)) / 1e3


def main():
    answers = os.fdopen(os.dup(1), 'w', buffering=1)
    os.dup2(2, 1)  # what a library prints does not get among the answers

    def answer(**message):
        answers.write(json.dumps(message) + '\n')

    contender = importlib.import_module(sys.argv[1]).prepare(json.loads(sys.argv[2]))
    result = None
    answer(version=contender.version)
    for line in sys.stdin:
        order, _, folder = line.rstrip('\n').partition(' ')
        if order == 'run':
            result = None
            gc.collect()
            getattr(contender, 'before', lambda: None)()
            start = time.perf_counter()
            result = contender.run()
            seconds = time.perf_counter() - start
            answer(seconds=seconds, peakMb=getattr(contender, 'peak_mb', peak_mb)())
        else:
            os.makedirs(folder, exist_ok=True)
            if hasattr(contender, 'save'):
                contender.save(result, folder)
            answer()


main()
