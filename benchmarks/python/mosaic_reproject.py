"""Mosaicking with astropy's reproject: FITS in, FITS out, as its documentation does it."""
import os
import shutil

import numpy as np
import reproject
from astropy.io import fits
from astropy.wcs import WCS
from reproject import reproject_interp
from reproject.mosaicking import reproject_and_coadd


class Coadd:
    version = reproject.__version__

    def __init__(self, input):
        self.input = input

    def before(self):
        for name in ('mosaic', 'weight'):
            if os.path.exists(self.path(name)):
                os.remove(self.path(name))

    def path(self, name):
        return os.path.join(self.input['output'], f'reproject-{name}.fits')

    def run(self):
        grid = fits.Header.fromtextfile(self.input['header'])
        tiles = [(fits.getdata(f'{tile}-imagepb.fits'), WCS(fits.getheader(f'{tile}-imagepb.fits'), naxis=2))
                 for tile in self.input['tiles']]
        weights = [fits.getdata(f'{tile}-weight.fits') for tile in self.input['tiles']]
        mosaic, weight = reproject_and_coadd(
            tiles, WCS(grid, naxis=2), shape_out=(grid['NAXIS2'], grid['NAXIS1']), input_weights=weights,
            reproject_function=reproject_interp, order='bilinear', parallel=self.input['threads'])
        fits.writeto(self.path('mosaic'), mosaic.astype(np.float32), grid)
        fits.writeto(self.path('weight'), weight.astype(np.float32), grid)

    def save(self, _, folder):
        shutil.copy(self.path('mosaic'), os.path.join(folder, 'mosaic.fits'))


prepare = Coadd
