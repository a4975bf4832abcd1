"""Makes the tiles of the mosaic cases: make_tiles.py FOLDER NTILES NPIX CELL_ARCSEC.

A strip of drift-scan tiles at Dec +16.15, 309 s apart, of 40 point sources and noise: for each tile `image` (attenuated
by the primary beam) and `pb`, as contimg takes them; `imagepb` (divided by it) and `weight` (A^2 / sigma^2), as programs
take them that know no primary beams. `truth.json` has the sources and the grid of the mosaic.
"""
import json
import sys

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

folder, n_tiles, n, cell = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]) / 3600
dec, sigma, cutoff, fwhm = 16.15, 1e-4, 0.1, max(30 / 3600, 5 * cell)
random = np.random.default_rng(6)
step = 309.24 / 86164.1 * 360
centers = [343 + step * (i - (n_tiles - 1) / 2) for i in range(n_tiles)]


def j1(x):
    tau = np.linspace(0, np.pi, 400)
    table = np.linspace(0, 30, 6000)
    return np.interp(x, table, np.trapz(np.cos(tau - table[:, None] * np.sin(tau)), tau, axis=1) / np.pi)


def header(ra):
    h = fits.Header()
    for axis, (kind, value, delta) in enumerate([('RA---SIN', ra, -cell), ('DEC--SIN', dec, cell)], 1):
        h[f'CTYPE{axis}'], h[f'CRVAL{axis}'], h[f'CDELT{axis}'], h[f'CRPIX{axis}'] = kind, value, delta, n // 2 + 1
        h[f'CUNIT{axis}'] = 'deg'
    h['CTYPE3'], h['CRVAL3'], h['CDELT3'], h['CRPIX3'], h['CUNIT3'] = 'FREQ', 1.405e9, 1.875e8, 1.0, 'Hz'
    h['RADESYS'], h['EQUINOX'], h['BUNIT'] = 'ICRS', 2000.0, 'Jy/beam'
    h['BMAJ'], h['BMIN'], h['BPA'] = fwhm, fwhm, 0.0
    h['DATE-OBS'], h['XPOSURE'] = '2026-01-25T22:00:05', 309.24
    return h


y, x = np.mgrid[:n, :n]
theta = np.radians(np.hypot(x - n // 2, y - n // 2) * cell)
argument = np.pi * 4.65 * np.sin(theta) * 1.405e9 / 299792458.0
beam = np.where(argument < 1e-6, 1, (2 * j1(argument) / np.maximum(argument, 1e-6)) ** 2).astype('f4')
seen = beam >= cutoff
sources = [dict(raDeg=float(ra), decDeg=float(d), fluxJy=1.0) for ra, d in zip(
    random.uniform(centers[0] - 0.8, centers[-1] + 0.8, 40), random.uniform(dec - 0.9, dec + 0.9, 40))]
pool = random.normal(0, sigma, 1 << 22).astype('f4')
for i, ra in enumerate(centers):
    h = header(ra)
    sky = np.zeros((n, n), 'f4')
    for source in sources:
        px, py = (float(v) for v in WCS(h, naxis=2).all_world2pix(source['raDeg'], source['decDeg'], 0))
        reach = int(4 * fwhm / cell)
        if not (-reach < px < n + reach and -reach < py < n + reach):
            continue
        box = np.s_[max(0, int(py) - reach):max(0, int(py) + reach + 1), max(0, int(px) - reach):max(0, int(px) + reach + 1)]
        r2 = (x[box] - px) ** 2 + (y[box] - py) ** 2
        sky[box] += source['fluxJy'] * np.exp(-4 * np.log(2) * r2 * (cell / fwhm) ** 2)
    noise = np.resize(np.roll(pool, int(random.integers(1 << 22))), n * n).reshape(n, n)
    image = sky * beam + noise
    fits.writeto(f'{folder}/tile{i}-image.fits', image, h)
    fits.writeto(f'{folder}/tile{i}-pb.fits', beam, h)
    fits.writeto(f'{folder}/tile{i}-imagepb.fits', np.where(seen, image / beam, 0).astype('f4'), h)
    fits.writeto(f'{folder}/tile{i}-weight.fits', np.where(seen, (beam / sigma) ** 2, 0).astype('f4'), h)

# The grid: SIN about the middle of the strip, of the part where A >= cutoff.
middle = header(343.0)
edges = np.argwhere(seen)[::97]
wcs, low, high = WCS(middle, naxis=2), [np.inf, np.inf], [-np.inf, -np.inf]
for ra in (centers[0], centers[-1], centers[n_tiles // 2]):
    sky = WCS(header(ra), naxis=2).all_pix2world(edges[:, 1], edges[:, 0], 0)
    for axis, values in enumerate(wcs.all_world2pix(*sky, 0)):
        low[axis], high[axis] = min(low[axis], values.min()), max(high[axis], values.max())
nx, ny = (int(high[axis] - low[axis]) // 2 * 2 + 2 for axis in (0, 1))
grid = dict(raDeg=343.0, decDeg=dec, cellArcsec=cell * 3600, nx=nx, ny=ny,
            centerX=int(n // 2 - low[0]), centerY=int(n // 2 - low[1]))
json.dump(dict(sources=sources, sigma=sigma, grid=grid), open(f'{folder}/truth.json', 'w'))
middle['CRPIX1'], middle['CRPIX2'] = grid['centerX'] + 1, grid['centerY'] + 1
for key in ('CTYPE3', 'CRVAL3', 'CDELT3', 'CRPIX3', 'CUNIT3'):
    del middle[key]
lines = ['SIMPLE  = T', 'BITPIX  = -32', 'NAXIS   = 2', f'NAXIS1  = {nx}', f'NAXIS2  = {ny}']
lines += [card.image.split(' /')[0].rstrip() for card in middle.cards]
open(f'{folder}/grid.hdr', 'w').write('\n'.join(lines + ['END', '']))
