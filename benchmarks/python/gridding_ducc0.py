"""ducc0's wgridder on the same arrays, single precision. `what` is grid or degrid; `flat` leaves the w term out."""
import ducc0
import numpy as np


class Gridder:
    version = ducc0.__version__

    def __init__(self, input):
        folder = input['folder']
        self.input = input
        u, v, w = np.fromfile(f'{folder}/uvw.f64').reshape(-1, 3).T
        # Its first image axis goes with its first uv axis, and it has the sign of w the other way round: like this it
        # makes images (y, x), north up and east left.
        self.uvw = np.ascontiguousarray(np.stack([v, -u, -w], axis=1))
        self.freq = np.fromfile(f'{folder}/freq.f64')
        cell = np.radians(input['cellArcsec'] / 3600)
        self.options = dict(pixsize_x=cell, pixsize_y=cell, epsilon=input['epsilon'], nthreads=input['threads'],
                            do_wgridding=not input['flat'], divide_by_n=False)
        npix = input['npix']
        if input['what'] == 'grid':
            self.options.update(npix_x=npix, npix_y=npix)
            shape = (len(self.uvw), len(self.freq))
            self.visibilities = np.fromfile(f'{folder}/visibilities.f32', np.complex64).reshape(shape)
        else:
            self.image = np.fromfile(input['modelImage'], np.float32).reshape(npix, npix)

    def run(self):
        if self.input['what'] == 'grid':
            return ducc0.wgridder.vis2dirty(uvw=self.uvw, freq=self.freq, vis=self.visibilities, **self.options)
        return ducc0.wgridder.dirty2vis(uvw=self.uvw, freq=self.freq, dirty=self.image, **self.options)

    def save(self, result, folder):
        name = 'image.f32' if self.input['what'] == 'grid' else 'visibilities.f32'
        result.tofile(f'{folder}/{name}')


prepare = Gridder
