"""WebGPU without a graphics card: Chromium's software device, and the one thing it lacks."""

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--enable-unsafe-webgpu",
    "--enable-features=Vulkan,WebGPU",
    "--use-webgpu-adapter=swiftshader",
    "--use-vulkan=swiftshader",
    "--use-angle=swiftshader",
    "--ignore-gpu-blocklist",
]

HAS_DEVICE = """async () => !!(navigator.gpu && await navigator.gpu.requestAdapter())"""

# SwiftShader has no 16-bit floats. Embedding Atlas keeps two scratch buffers of densities in them
# (storage only, no copies); here they are kept in 32 bits, all other code of it is untouched.
WIDE_FLOATS = """
(() => {
  if (!globalThis.GPUAdapter) return;
  const wrap = (type, name, made) => {
    const own = type.prototype[name];
    type.prototype[name] = function (asked) { return made(this, own, asked); };
  };
  const half = "shader-f16";
  wrap(GPUSupportedFeatures, "has", (it, own, name) => name === half || own.call(it, name));
  wrap(GPUAdapter, "requestDevice", (it, own, asked) => {
    const requiredFeatures = [...(asked?.requiredFeatures ?? [])].filter((n) => n !== half);
    return own.call(it, { ...asked, requiredFeatures });
  });
  wrap(GPUDevice, "createShaderModule", (it, own, asked) => {
    const code = asked.code.replace(/enable f16;/g, "").replace(/\\bf16\\b/g, "f32");
    return own.call(it, { ...asked, code });
  });
  wrap(GPUDevice, "createBuffer", (it, own, asked) => {
    const size = asked.usage === GPUBufferUsage.STORAGE ? 2 * asked.size : asked.size;
    return own.call(it, { ...asked, size });
  });
})();
"""
