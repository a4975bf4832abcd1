"""h5py and numpy: StefCal (Salvini & Wijnholds 2014) on the visibilities of subband files, read, predicted and summed
with matrix products. `paths` in ascending frequency, `integrations` [first, end), `truth` (truth.json: the sources,
and, with `onBandpass`, gains that are known), `term` bandpass or gain. Time and declination as in the files.
"""
import json
import os

os.environ['OPENBLAS_NUM_THREADS'] = str(os.cpu_count())  # before numpy reads it

import erfa
import h5py
import numpy as np

C = 299792458.0
DISH_M = 4.65
TOLERANCE = 1e-7


def airy_power(sin_theta, freq_hz):
    """(2 J1(x)/x)^2 with J1 from its integral; sin_theta (sources), freq_hz (channels)."""
    x = np.maximum(np.pi * DISH_M * np.multiply.outer(sin_theta, freq_hz) / C, 1e-6)
    t = (np.arange(64) + 0.5) * np.pi / 64
    return (2 * np.mean(np.cos(t - np.multiply.outer(x, np.sin(t))), axis=-1) / x) ** 2


def stefcal(z, p):
    """Gains (fits, antennas) that make sum |Z - g g^H P|^2 small; z (fits, n, n), p likewise."""
    g = np.full(z.shape[:2], np.sqrt(np.abs(z).sum() / p.sum()), complex)
    g *= np.exp(1j * np.angle(z[:, :, :1]))[:, :, 0]
    for i in range(500):
        new = (z @ g[:, :, None])[:, :, 0] / (p @ (np.abs(g) ** 2)[:, :, None])[:, :, 0]
        if i % 2:
            new = (new + g) / 2
            if np.linalg.norm(new - g) <= TOLERANCE * np.linalg.norm(new):
                return new
        g = new
    return g


class Solver:
    version = np.__version__

    def __init__(self, input):
        self.input = input
        with h5py.File(input['paths'][0], 'r') as file:
            header = file['Header']
            self.n_times = int(header['Ntimes'][()])
            self.n_baselines = int(header['Nbls'][()])
            rows = slice(0, self.n_baselines)
            self.first, self.second = header['ant_1_array'][rows], header['ant_2_array'][rows]
            self.positions = header['antenna_positions'][()]
            self.times = header['time_array'][()].reshape(self.n_times, -1)[:, 0]
            site = [np.radians(header[name][()]) for name in ('longitude', 'latitude')]
            self.site = [*site, float(header['altitude'][()])]
            self.dec = float(file['Header/extra_keywords/phase_center_dec'][()])
        self.used = np.unique(self.second)
        self.place = np.searchsorted(self.used, [self.first, self.second])
        with open(input['truth']) as file:
            self.truth = json.load(file)
        self.bandpass = None
        if input['onBandpass']:
            gains = self.truth['gains']
            self.bandpass = (np.array(gains['real']) + 1j * np.array(gains['imag'])).reshape(gains['shape'])

    def directions(self, jd):
        """ITRF-like unit vectors: of the sources, and of the pointing and phase center, (sources, 3) and (3,)."""
        lon, lat, height = self.site
        unit = lambda a, d: np.stack([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)], -1)  # noqa: E731
        ra, dec = (np.radians([s[key] for s in self.truth['sources']]) for key in ('ra_deg', 'dec_deg'))
        seen = erfa.atco13(ra, dec, 0, 0, 0, 0, 2400000.5, jd - 2400000.5, 0, lon, lat, height, 0, 0, 0, 0, 0, 1.0)
        return unit(lon - seen[2], seen[3]), unit(np.array(lon), np.array(self.dec))

    def file_sums(self, path):
        first, end = self.input['integrations']
        n_rows = self.n_baselines
        with h5py.File(path, 'r') as file:
            freq = file['Header/freq_array'][()].ravel()
            rows = slice(first * n_rows, end * n_rows)
            data = file['Data/visdata'][rows].view(np.complex64).reshape(-1, n_rows, len(freq), 2)
            weights = file['Data/nsamples'][rows].reshape(data.shape)
            weights = np.where(file['Data/flags'][rows].reshape(data.shape), 0, weights)
        n = len(self.used)
        i, j = self.place
        cross = i != j
        z, p = np.zeros((len(freq), 2, n, n), complex), np.zeros((len(freq), 2, n, n))
        flux = np.array([s['flux_jy'] * (freq / self.truth['reference_hz']) ** s['spectral_index']
                         for s in self.truth['sources']])
        for t in range(first, end):
            s, s0 = self.directions(self.times[t])
            power = flux * airy_power(np.linalg.norm(np.cross(s, s0), axis=1), freq)
            delay = self.positions[self.used] @ (s - s0).T / C
            e = np.exp(-2j * np.pi * np.multiply.outer(freq, delay)).astype(np.complex64)
            # Ours is the conjugate of the file: sum over sources of flux exp(-2 pi i nu (r2 - r1).(s - s0) / c).
            m = (e.conj() * power.T[:, None].astype(np.float32)) @ e.swapaxes(1, 2)
            m = m[:, i, j].T[:, :, None]
            v, w = data[t - first].conj(), weights[t - first]
            if self.bandpass is not None:
                g = self.bandpass_of(freq)
                m = m * (g[i] * g[j].conj())
            both = (w * v * m.conj()).transpose(1, 2, 0), (w * np.abs(m) ** 2).transpose(1, 2, 0)
            z[:, :, i[cross], j[cross]] += both[0][..., cross]
            p[:, :, i[cross], j[cross]] += both[1][..., cross]
        order = np.argsort(freq)
        return z[order], p[order]

    def bandpass_of(self, freq):
        all_freq = np.array(self.truth['freq_hz'])
        at = [int(np.argmin(np.abs(all_freq - f))) for f in freq]
        return self.bandpass[:, at].astype(np.complex64)

    def run(self):
        gains = []
        total = None
        for path in self.input['paths']:
            z, p = self.file_sums(path)
            if self.input['term'] == 'bandpass':
                gains.append(self.fit(z, p))
            else:
                sums = z.sum(0, keepdims=True), p.sum(0, keepdims=True)
                total = sums if total is None else (total[0] + sums[0], total[1] + sums[1])
        return np.concatenate(gains) if self.input['term'] == 'bandpass' else self.fit(*total)

    def fit(self, z, p):
        n = len(self.used)
        z, p = z.reshape(-1, n, n), p.reshape(-1, n, n)
        z, p = z + z.conj().swapaxes(1, 2), p + p.swapaxes(1, 2)
        return stefcal(z, p).reshape(-1, 2, n)

    def save(self, gains, folder):
        np.ascontiguousarray(gains.transpose(2, 0, 1)).view(float).tofile(f'{folder}/gains.f64')


prepare = Solver
