// Turns files, pasted pictures and video frames into what networks take, and back to pictures.
//
// The rule is that of the Python package: upright by EXIF, on white where transparent, the centred
// square, and antialiased bilinear resampling in whole grey levels, horizontally first.

const MOST_BYTES = 256 * 2 ** 20;
const MOST_PIXELS = 64e6;
const MOST_SIDE = 4096; // canvases may not be larger on phones

/** A mistake that the visitor can mend; its message is a sentence for the page. */
export class BadPicture extends Error {}

/**
 * Reads a picture from a file.
 * @param {Blob} file
 * @param {string} name What to call it in messages.
 * @param {{image_size: number, crop_size: number}} model
 * @return {Promise<{pixels: Float32Array, canvas: HTMLCanvasElement}>} See `fromDrawable`.
 */
export async function fromFile(file, name, model) {
  if (!file.size) throw new BadPicture(`${name} is empty; choose another file.`);
  if (file.size > MOST_BYTES) {
    throw new BadPicture(`${name} has more than 256 MB; make it smaller first.`);
  }
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, {
      imageOrientation: 'from-image',
      colorSpaceConversion: 'none',
    });
  } catch {
    throw new BadPicture(
        `${name} can’t be read as a picture; choose a JPEG, PNG or WebP file that is whole.`);
  }
  try {
    if (bitmap.width * bitmap.height > MOST_PIXELS) {
      throw new BadPicture(`${name} has more than 64 million pixels; make it smaller first.`);
    }
    return fromDrawable(bitmap, bitmap.width, bitmap.height, model);
  } finally {
    bitmap.close();
  }
}

/**
 * Cuts out the centred square and scales it.
 * @param {CanvasImageSource} drawable A bitmap, a canvas or a video.
 * @param {number} width
 * @param {number} height
 * @param {{image_size: number, crop_size: number}} model
 * @return {{pixels: Float32Array, canvas: HTMLCanvasElement}} size x size x 3 in [-1, 1], and the
 *     same as a picture.
 */
export function fromDrawable(drawable, width, height, model) {
  const side = Math.min(model.crop_size || width, width, height);
  const left = Math.floor((width - side) / 2);
  const top = Math.floor((height - side) / 2);
  const drawn = Math.min(side, MOST_SIDE);
  const square = document.createElement('canvas');
  square.width = square.height = drawn;
  const context = square.getContext('2d', {willReadFrequently: true});
  context.fillStyle = 'white';
  context.fillRect(0, 0, drawn, drawn);
  context.imageSmoothingQuality = 'high';
  context.drawImage(drawable, left, top, side, side, 0, 0, drawn, drawn);
  const levels = resized(context.getImageData(0, 0, drawn, drawn).data, drawn, model.image_size);
  const pixels = new Float32Array(model.image_size ** 2 * 3);
  for (let i = 0, j = 0; i < levels.length; i += 4) {
    for (let c = 0; c < 3; c++) pixels[j++] = levels[i + c] / 127.5 - 1;
  }
  return {pixels, canvas: toCanvas(pixels, model.image_size)};
}

/**
 * Draws what a network takes or makes.
 * @param {Float32Array} pixels size x size x 3 in [-1, 1]; values outside are clipped.
 * @param {number} size
 * @param {HTMLCanvasElement=} canvas Drawn on; made if it is left out.
 * @return {HTMLCanvasElement}
 */
export function toCanvas(pixels, size, canvas = document.createElement('canvas')) {
  canvas.width = canvas.height = size;
  const data = new Uint8ClampedArray(size * size * 4);
  for (let i = 0, j = 0; i < data.length; i += 4) {
    for (let c = 0; c < 3; c++) {
      data[i + c] = Math.round((Math.min(Math.max(pixels[j++], -1), 1) + 1) * 127.5);
    }
    data[i + 3] = 255;
  }
  canvas.getContext('2d').putImageData(new ImageData(data, size, size), 0, 0);
  return canvas;
}

/**
 * Scales a square of RGBA bytes, as Pillow does with its filter BILINEAR.
 * @param {Uint8ClampedArray} data from x from x 4.
 * @param {number} from
 * @param {number} to
 * @return {Uint8ClampedArray} to x to x 4.
 */
function resized(data, from, to) {
  if (from === to) return data;
  const weights = coefficients(from, to);
  return pass(pass(data, weights, from, from, 4, from * 4, to, false), weights, to, to, 4, to * 4,
      to, true);
}

/** Scales along rows, or along columns: the weighted means of neighbours, in whole levels. */
function pass(data, weights, lines, width, step, stride, to, vertical) {
  const out = new Uint8ClampedArray(lines * to * 4);
  const [along, across] = vertical ? [stride, step] : [step, stride];
  const [outAlong, outAcross] = vertical ? [width * 4, 4] : [4, to * 4];
  for (let line = 0; line < lines; line++) {
    for (let x = 0; x < to; x++) {
      const {first, values} = weights[x];
      for (let c = 0; c < 4; c++) {
        let sum = 0;
        let at = line * across + first * along + c;
        for (const value of values) {
          sum += value * data[at];
          at += along;
        }
        out[line * outAcross + x * outAlong + c] = Math.floor(sum + 0.5);
      }
    }
  }
  return out;
}

/** Returns for each new pixel the first old one that counts, and the weights from there on. */
function coefficients(from, to) {
  const scale = from / to;
  const support = Math.max(scale, 1);
  return Array.from({length: to}, (_, x) => {
    const centre = (x + 0.5) * scale;
    const first = Math.max(Math.floor(centre - support + 0.5), 0);
    const last = Math.min(Math.floor(centre + support + 0.5), from);
    const values = [];
    for (let i = first; i < last; i++) {
      values.push(Math.max(0, 1 - Math.abs((i - centre + 0.5) / support)));
    }
    const total = values.reduce((sum, value) => sum + value, 0);
    return {first, values: values.map((value) => value / total)};
  });
}
