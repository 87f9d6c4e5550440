"""Times the training steps of StarGAN v1 and v2 in PyTorch, to compare ours with.

  python benchmarks/torch_step.py --algorithm=stargan_v2 --image_size=256 --batch_size=8

It needs PyTorch and NumPy, and neither TensorFlow nor this package. The networks and the steps are
written from the papers, as they are usually written in PyTorch: eagerly, one operation after the
other, with cuDNN choosing its algorithms by trial. Batches are random and already on the device.
"""
# ruff: noqa: D102 - what `forward` does says the class

import argparse
import copy
import itertools
import json
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn


class ResidualV1(nn.Module):
    """x + [conv 3x3, IN, ReLU, conv 3x3, IN]: the bottleneck of v1's generator."""

    def __init__(self, channels: int):
        super().__init__()
        parts = []
        for last in (False, True):
            parts += [
                nn.Conv2d(channels, channels, 3, 1, 1, bias=False),
                nn.InstanceNorm2d(channels, affine=True),
            ]
            parts += [] if last else [nn.ReLU(inplace=True)]
        self.body = nn.Sequential(*parts)

    def forward(self, x):
        return x + self.body(x)


class GeneratorV1(nn.Module):
    """StarGAN v1's generator (Table 1 of its appendix)."""

    def __init__(self, labels: int):
        super().__init__()
        widths = [64, 128, 256]
        parts = self._block(nn.Conv2d(3 + labels, 64, 7, 1, 3, bias=False))
        for narrow, wide in itertools.pairwise(widths):
            parts += self._block(nn.Conv2d(narrow, wide, 4, 2, 1, bias=False))
        parts += [ResidualV1(256) for _ in range(6)]
        for wide, narrow in itertools.pairwise(widths[::-1]):
            parts += self._block(nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=False))
        parts += [nn.Conv2d(64, 3, 7, 1, 3, bias=False), nn.Tanh()]
        self.body = nn.Sequential(*parts)

    @staticmethod
    def _block(convolution):
        norm = nn.InstanceNorm2d(convolution.out_channels, affine=True)
        return [convolution, norm, nn.ReLU(inplace=True)]

    def forward(self, x, label):
        planes = label[:, :, None, None].expand(-1, -1, *x.shape[2:])
        return self.body(torch.cat([x, planes], dim=1))


class DiscriminatorV1(nn.Module):
    """StarGAN v1's discriminator (Table 2 of its appendix)."""

    def __init__(self, image_size: int, labels: int):
        super().__init__()
        parts, channels = [], 3
        for level in range(6):
            parts += [nn.Conv2d(channels, 64 << level, 4, 2, 1), nn.LeakyReLU(0.01)]
            channels = 64 << level
        self.trunk = nn.Sequential(*parts)
        self.src = nn.Conv2d(channels, 1, 3, 1, 1, bias=False)
        self.cls = nn.Conv2d(channels, labels, image_size // 64, bias=False)

    def forward(self, x):
        h = self.trunk(x)
        return self.src(h), self.cls(h).flatten(1)


class StepV1:
    """One step: five updates of D, and one of G."""

    def __init__(self, options, device):
        self.labels, self.options, self.device = 5, options, device
        self.G = _placed(GeneratorV1(self.labels), options, device)
        self.D = _placed(DiscriminatorV1(options.image_size, self.labels), options, device)
        self.adams = [
            torch.optim.Adam(n.parameters(), 1e-4, (0.5, 0.999), fused=device.type == "cuda")
            for n in (self.G, self.D)
        ]
        self.batches = [self._batch() for _ in range(5)]

    def _batch(self):
        n, size = self.options.batch_size, self.options.image_size
        x = torch.rand(n, 3, size, size, device=self.device) * 2 - 1
        x = x.contiguous(memory_format=_format(self.options))
        own = torch.randint(0, 2, (n, self.labels), device=self.device).float()
        return x, own, own[torch.randperm(n, device=self.device)]

    def __call__(self):
        of_g, of_d = self.adams
        for x, own, target in self.batches:
            with _autocast(self.options, self.device):
                with torch.no_grad():
                    fake = self.G(x, target)
                real_src, real_cls = self.D(x)
                fake_src, _ = self.D(fake)
                alpha = torch.rand(len(x), 1, 1, 1, device=self.device)
                between = (alpha * x + (1 - alpha) * fake).requires_grad_()
                between_src, _ = self.D(between)
            gradient = torch.autograd.grad(between_src.float().sum(), between, create_graph=True)[0]
            penalty = ((gradient.flatten(1).norm(dim=1) - 1) ** 2).mean()
            loss = fake_src.float().mean() - real_src.float().mean() + 10 * penalty
            loss = loss + _attributes_loss(real_cls, own)
            of_d.zero_grad(set_to_none=True)
            loss.backward()
            of_d.step()
        with _autocast(self.options, self.device):
            fake = self.G(x, target)
            src, cls = self.D(fake)
            back = self.G(fake, own)
        loss = -src.float().mean() + _attributes_loss(cls, target)
        loss = loss + 10 * (x - back.float()).abs().mean()
        of_g.zero_grad(set_to_none=True)
        loss.backward()
        of_g.step()
        return loss


def _attributes_loss(logits, labels):
    logits = logits.float()
    return F.binary_cross_entropy_with_logits(logits, labels, reduction="sum") / len(labels)


class BlockV2(nn.Module):
    """A residual block of v2: activation before each convolution, two of these, sum / sqrt 2.

    `resize` is "down", "up" or "", `norm` "instance", "adain" or "".
    """

    def __init__(self, c_in: int, c_out: int, resize: str = "", norm: str = ""):
        super().__init__()
        self.resize, self.norm = resize, norm
        middle = c_out if norm == "adain" else c_in
        self.conv1 = nn.Conv2d(c_in, middle, 3, 1, 1)
        self.conv2 = nn.Conv2d(middle, c_out, 3, 1, 1)
        self.skip = nn.Conv2d(c_in, c_out, 1, bias=False) if c_in != c_out else nn.Identity()
        if norm == "instance":
            self.norm1, self.norm2 = (nn.InstanceNorm2d(c, affine=True) for c in (c_in, middle))
        if norm == "adain":
            self.norm1, self.norm2 = (nn.Linear(64, 2 * c) for c in (c_in, middle))

    def _normalized(self, x, norm, style):
        if self.norm == "instance":
            return norm(x)
        if self.norm == "adain":
            gamma, beta = norm(style)[:, :, None, None].chunk(2, dim=1)
            return (1 + gamma) * F.instance_norm(x) + beta
        return x

    def forward(self, x, style=None):
        norms = (self.norm1, self.norm2) if self.norm else (None, None)
        h = F.leaky_relu(self._normalized(x, norms[0], style), 0.2)
        if self.resize == "up":
            h, x = (F.interpolate(t, scale_factor=2) for t in (h, x))
        h = self.conv1(h)
        x = self.skip(x)
        if self.resize == "down":
            h, x = F.avg_pool2d(h, 2), F.avg_pool2d(x, 2)
        h = self.conv2(F.leaky_relu(self._normalized(h, norms[1], style), 0.2))
        return (x + h) * 0.5**0.5


def _widths(image_size: int, levels: int) -> list[int]:
    return [min(512, 2**14 // image_size << level) for level in range(levels + 1)]


class GeneratorV2(nn.Module):
    """StarGAN v2's generator without the high-pass skip."""

    def __init__(self, image_size: int):
        super().__init__()
        widths = _widths(image_size, image_size.bit_length() - 1 - 4)
        self.first = nn.Conv2d(3, widths[0], 3, 1, 1)
        pairs = list(itertools.pairwise(widths))
        self.encode = nn.Sequential(
            *(BlockV2(a, b, "down", "instance") for a, b in pairs),
            *(BlockV2(widths[-1], widths[-1], "", "instance") for _ in range(2)),
        )
        self.decode = nn.ModuleList(
            [BlockV2(widths[-1], widths[-1], "", "adain") for _ in range(2)]
            + [BlockV2(b, a, "up", "adain") for a, b in reversed(pairs)]
        )
        self.last = nn.Sequential(
            nn.InstanceNorm2d(widths[0], affine=True),
            nn.LeakyReLU(0.2),
            nn.Conv2d(widths[0], 3, 1),
        )

    def forward(self, x, style):
        h = self.encode(self.first(x))
        for block in self.decode:
            h = block(h, style)
        return self.last(h)


class MappingV2(nn.Module):
    """StarGAN v2's mapping network: latent codes to styles, a branch for each domain."""

    def __init__(self, domains: int):
        super().__init__()
        self.shared = self._layers(16, 4)
        self.branches = nn.ModuleList(
            nn.Sequential(self._layers(512, 3), nn.Linear(512, 64)) for _ in range(domains)
        )

    @staticmethod
    def _layers(first: int, count: int):
        widths = [first] + [512] * count
        pairs = itertools.pairwise(widths)
        return nn.Sequential(*(part for a, b in pairs for part in (nn.Linear(a, b), nn.ReLU())))

    def forward(self, z, domain):
        h = self.shared(z)
        styles = torch.stack([branch(h) for branch in self.branches], dim=1)
        return styles[torch.arange(len(z), device=z.device), domain]


class TrunkV2(nn.Module):
    """StarGAN v2's style encoder (`outputs` 64) and discriminator (1): one head for each domain."""

    def __init__(self, image_size: int, domains: int, outputs: int):
        super().__init__()
        widths = _widths(image_size, image_size.bit_length() - 1 - 2)
        self.body = nn.Sequential(
            nn.Conv2d(3, widths[0], 3, 1, 1),
            *(BlockV2(a, b, "down") for a, b in itertools.pairwise(widths)),
            nn.LeakyReLU(0.2),
            nn.Conv2d(widths[-1], widths[-1], 4),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
        )
        self.heads = nn.Linear(widths[-1], domains * outputs)
        self.domains = domains

    def forward(self, x, domain):
        heads = self.heads(self.body(x)).unflatten(1, (self.domains, -1))
        return heads[torch.arange(len(x), device=x.device), domain]


class StepV2:
    """One step: two updates of D, two of G, and the moving averages."""

    def __init__(self, options, device):
        self.options, self.device, domains = options, device, 3
        made = {
            "G": GeneratorV2(options.image_size),
            "F": MappingV2(domains),
            "E": TrunkV2(options.image_size, domains, 64),
            "D": TrunkV2(options.image_size, domains, 1),
        }
        self.networks = {name: _placed(network, options, device) for name, network in made.items()}
        self.averages = {n: copy.deepcopy(self.networks[n]).eval() for n in "GFE"}
        self.adams = {
            name: torch.optim.Adam(
                network.parameters(), 1e-6 if name == "F" else 1e-4, (0.0, 0.99), weight_decay=1e-4,
                fused=device.type == "cuda",
            )
            for name, network in self.networks.items()
        }  # fmt: skip
        n, size = options.batch_size, options.image_size
        self.x, self.ref, self.ref2 = (
            (torch.rand(n, 3, size, size, device=device) * 2 - 1).contiguous(
                memory_format=_format(options)
            )
            for _ in range(3)
        )
        self.own, self.target = (torch.randint(0, domains, (n,), device=device) for _ in range(2))
        self.z, self.z2 = (torch.randn(n, 16, device=device) for _ in range(2))

    def __call__(self):
        for latent in (True, False):
            self._update_d(latent)
        for latent in (True, False):
            loss = self._update_g(latent)
        with torch.no_grad():
            for name, average in self.averages.items():
                torch._foreach_lerp_(
                    list(average.parameters()), list(self.networks[name].parameters()), 0.001
                )
        return loss

    def _style(self, latent, second=False):
        if latent:
            return self.networks["F"](self.z2 if second else self.z, self.target)
        return self.networks["E"](self.ref2 if second else self.ref, self.target)

    def _update_d(self, latent):
        D, G = self.networks["D"], self.networks["G"]
        x = self.x.detach().requires_grad_()
        with _autocast(self.options, self.device):
            real = D(x, self.own)
            with torch.no_grad():
                fake = G(self.x, self._style(latent))
            judged = D(fake, self.target)
        gradient = torch.autograd.grad(real.float().sum(), x, create_graph=True)[0]
        r1 = 0.5 * gradient.square().flatten(1).sum(1).mean()
        self._take(_bce(real, 1.0) + _bce(judged, 0.0) + r1, "D")

    def _update_g(self, latent):
        D, G, E = (self.networks[n] for n in "DGE")
        with _autocast(self.options, self.device):
            style = self._style(latent)
            fake = G(self.x, style)
            adversarial = _bce(D(fake, self.target), 1.0)
            style_loss = (E(fake, self.target) - style).abs().mean()
            with torch.no_grad():
                other = G(self.x, self._style(latent, second=True))
            diversity = (fake - other).abs().mean()
            cycle = (G(fake, E(self.x, self.own)) - self.x).abs().mean()
        loss = adversarial + style_loss.float() - 2 * diversity.float() + cycle.float()
        self._take(loss, *("GFE" if latent else "G"))
        return loss

    def _take(self, loss, *names):
        for network in self.networks.values():
            network.zero_grad(set_to_none=True)
        loss.backward()
        for name in names:
            self.adams[name].step()


def _bce(logits, target):
    logits = logits.float()
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def _format(options):
    return torch.channels_last if options.channels_last else torch.contiguous_format


def _placed(network, options, device):
    return network.to(device, memory_format=_format(options))


def _autocast(options, device):
    enabled = options.precision == "bfloat16"
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)


STEPS = {"stargan_v1": StepV1, "stargan_v2": StepV2}


def main() -> None:
    """Prints the figures of one setting as a JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--algorithm", choices=STEPS, default="stargan_v1")
    parser.add_argument("--image_size", type=int, default=128)
    parser.add_argument("--batch_size", type=int, default=16)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--channels_last", action="store_true", help="NHWC in memory.")
    parser.add_argument("--steps", type=int, default=20, help="Steps to time, after three others.")
    options = parser.parse_args()
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    torch.manual_seed(0)
    step = STEPS[options.algorithm](options, device)
    for _ in range(3):
        loss = step()
    wait()
    times = []
    for _ in range(options.steps):
        start = time.perf_counter()
        step()
        wait()
        times.append(time.perf_counter() - start)
    start = time.perf_counter()
    for _ in range(options.steps):
        loss = step()
    wait()
    streamed = (time.perf_counter() - start) / options.steps
    memory = torch.cuda.max_memory_allocated() / 2**30 if device.type == "cuda" else 0.0
    row = {
        "program": "torch " + torch.__version__,
        **{k: v for k, v in vars(options).items() if k != "steps"},
        "step_ms": [round(1000 * f(times), 3) for f in (min, statistics.median, max)],
        "streamed_ms": round(1000 * streamed, 3),
        "peak_memory_gib": round(memory, 3),
        "finite": bool(torch.isfinite(loss)),
    }
    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
