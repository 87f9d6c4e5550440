// Runs the signatures of a TFLite file with LiteRT.js.
//
// Everything is computed with WebAssembly first. Where there is WebGPU, a signature moves there
// once its answer was found to be the same and to come sooner: drivers differ, and operations on
// whole numbers, of which a domain is one, are wrong in this version.

const LEVEL = 1 / 127.5; // one grey level of a picture in [-1, 1]

let library; // of the whole page: the promise of LiteRT.js

async function loaded() {
  library ??= (async () => {
    const litert = await import('@litertjs/core');
    await litert.loadLiteRt(new URL('litert/', document.baseURI).href);
    return litert;
  })();
  return library;
}

export class Engine {
  #litert;
  #description;
  #content;
  #processor; // the file, compiled for WebAssembly
  #graphics = null; // and for WebGPU
  #moved = new Set(); // signatures that WebGPU computes
  #last = new Map(); // the last question to each signature, with answer and milliseconds

  /**
   * @param {object} description Of the model: its signatures.
   * @param {Uint8Array} content The file.
   * @return {Promise<Engine>}
   */
  static async open(description, content) {
    const engine = new Engine();
    engine.#litert = await loaded();
    engine.#description = description;
    engine.#content = content;
    engine.#processor = await engine.#litert.loadAndCompile(content, {accelerator: 'wasm'});
    return engine;
  }

  /** Says in a sentence what computes. */
  get computedBy() {
    return this.#moved.size ?
      'Computed by the graphics processor (WebGPU).' :
      'Computed by the processor (WebAssembly).';
  }

  /**
   * Translates a picture.
   * @param {object} way Of the description.
   * @param {Float32Array} image size x size x 3.
   * @param {object} given By kind: label, domain, latent; reference: another picture.
   * @return {Promise<Float32Array>} size x size x 3.
   */
  async translate(way, image, given) {
    let style;
    if (way.style) {
      style = await this.#ask(way.style, {...given, image: given.reference});
    }
    return this.#ask(way.image, {...given, image, style});
  }

  /**
   * Moves signatures that make pictures to WebGPU, if there is one, their answers are within a grey
   * level of the processor's, and they come sooner.
   * @param {boolean} slow Whether to take it even if it is slower.
   */
  async accelerate(slow = false) {
    if (this.#graphics || !(await navigator.gpu?.requestAdapter().catch(() => null))) return;
    try {
      this.#graphics = await this.#litert.loadAndCompile(
          this.#content, {accelerator: 'webgpu', gpuOptions: {precision: 'fp32'}});
      if (!this.#graphics.isFullyAccelerated) return;
      for (const way of this.#description.ways) {
        const last = this.#last.get(way.image);
        if (!last || this.#moved.has(way.image)) continue;
        await this.#run(this.#graphics, way.image, last.given); // the first one compiles shaders
        const begin = performance.now();
        const answer = await this.#run(this.#graphics, way.image, last.given);
        const sooner = performance.now() - begin < last.milliseconds;
        const same = answer.every((value, i) => Math.abs(value - last.answer[i]) <= LEVEL);
        if (same && (sooner || slow)) this.#moved.add(way.image);
      }
    } catch (error) {
      console.warn('WebGPU is not used:', error);
    }
  }

  /** Frees the memory. */
  close() {
    this.#processor.delete();
    this.#graphics?.delete();
  }

  async #ask(name, given) {
    if (this.#moved.has(name)) {
      try {
        return await this.#run(this.#graphics, name, given);
      } catch (error) { // the device may be lost
        console.warn('WebGPU is no longer used:', error);
        this.#moved.clear();
      }
    }
    const begin = performance.now();
    const answer = await this.#run(this.#processor, name, given);
    this.#last.set(name, {given, answer, milliseconds: performance.now() - begin});
    return answer;
  }

  async #run(compiled, name, given) {
    const {inputs, output} = this.#description.signatures[name];
    const pictures = [given.image, given.reference];
    const tensors = {};
    let answers = {};
    try {
      for (const {name: key, kind, shape} of inputs) {
        const value = kind === 'image' ? pictures.shift() : given[kind];
        tensors[key] = new this.#litert.Tensor(value, shape);
      }
      answers = await compiled.run(name, tensors);
      return (await answers[output].data()).slice(); // a copy: the memory is used again
    } finally {
      for (const tensor of [...Object.values(tensors), ...Object.values(answers)]) tensor.delete();
    }
  }
}
