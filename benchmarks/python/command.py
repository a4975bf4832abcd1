"""Runs a program from start to end.

`command`: its words; `folder`: where it runs; `remove`: what its last run left; `sync`: flush the disk first; `durable`:
its files that count are brought to the disk before it has ended; `results`: these files, and the names under which the
case compares them; `versionCommand`: how it tells its version.
"""
import os
import shutil
import subprocess


class Command:
    def __init__(self, input):
        self.input = input
        self.version = version(input.get('versionCommand'))
        self.peak = 0.0

    def before(self):
        for path in self.input.get('remove', []):
            if os.path.isdir(path):
                shutil.rmtree(path)
            elif os.path.exists(path):
                os.remove(path)
        if self.input.get('sync'):
            os.sync()

    def run(self):
        # It ends with this process, however that ends.
        command = ['setpriv', '--pdeathsig', 'KILL', *self.input['command']]
        folder = self.input.get('folder')
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder)
        said = process.stdout.read().decode(errors='replace')
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            raise RuntimeError(' / '.join(said.split('\n')[-8:]))
        for path in self.input.get('results', {}) if self.input.get('durable') else []:
            with open(path, 'rb') as file:
                os.fsync(file)
        self.peak = max(self.peak, usage.ru_maxrss / 1e3)

    def save(self, _, folder):
        for path, name in self.input.get('results', {}).items():
            shutil.copy(path, os.path.join(folder, name))

    def peak_mb(self):
        return self.peak


def version(command):
    if not command:
        return ''
    done = subprocess.run(command, capture_output=True, text=True)
    words = (done.stdout or done.stderr).split()
    return next((word for word in words if word[:1].isdigit()), '')


prepare = Command
