"""
The twin against covasim and starsim: the same people, contacts per day and days, both sides in one run; imports and
compilation outside. Also a plain SIR on the same kernels against a minimal loop in C that visits only infectious contacts.

    python -m tests.benchmark.twin [agents] [runs of 5,000]      (left out: 500000 100)

The peers are installed into an environment of their own under LAZARETTO_BENCH_HOME; where that cannot be done, the recorded
figures below stand, marked as recorded.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

HOME = Path(os.environ.get("LAZARETTO_BENCH_HOME") or Path(tempfile.gettempdir()) / "lazaretto-bench")
PEERS = ("covasim==3.1.9", "starsim==3.7")
DAYS, ROOM, WING, SHIFT = 180, 10, 200, 1000
#: Contacts per day in each layer, on both sides.
MET = {"room": 4, "wing": 6, "shift": 4}
MECHANISMS = """
mechanism                               twin   covasim   starsim
room, wing and shift contacts           yes    yes       yes
latent, infectious, recovered           yes    yes       yes
severity                                yes    yes       no
shedding differs between people         yes    yes       no
temperature readings with errors        all    no        no
symptom reports, tests with turnaround  all    no        no
isolation in finite rooms, quarantine   all    no        no
entitlements, limits, human cost        all    no        no
(all: on in "all of ours", off in "peer's set")
"""
#: Per contact and day on their side, such that the attack rates meet within 5 points.
BETAS = (("covasim", 0.075), ("starsim", 0.032))
RECORDED: dict[str, dict[str, float]] = {}
say = print

COVASIM = """
import json, resource, sys, time
import numpy as np, covasim as cv
n, days, runs, room, wing, shift, beta = json.loads(sys.argv[1])
def layer(size, met):
    groups = np.arange(n) // size
    pairs = met / 2
    k = int(n * pairs)
    rng = np.random.default_rng(1)
    one = rng.integers(0, n, k)
    other = np.minimum((groups[one] * size + rng.integers(0, size, k)), n - 1)
    keep = one != other
    return dict(p1=one[keep].astype(np.int32), p2=other[keep].astype(np.int32), beta=np.ones(keep.sum(), np.float32))
def make(seed):
    sim = cv.Sim(pop_size=n, n_days=days, pop_infected=max(20, n // 500), pop_type='random', rand_seed=seed, beta=beta, verbose=0, use_waning=False, rescale=False)
    sim.initialize()
    sim.people.contacts = cv.Contacts({name: cv.Layer(**layer(size, met)) for name, size, met in (('room', room[0], room[1]), ('wing', wing[0], wing[1]), ('shift', shift[0], shift[1]))})
    names = ['room', 'wing', 'shift']
    for key in ('beta_layer', 'contacts', 'dynam_layer', 'iso_factor', 'quar_factor'):
        sim.pars[key] = {k: 1.0 for k in names} if key != 'dynam_layer' else {k: 0 for k in names}
    sim.people.pars = sim.pars
    return sim
warm = make(99); warm.run()
found, spent = [], 0.0
for seed in range(runs):
    sim = make(seed)
    t = time.perf_counter(); sim.run(); spent += time.perf_counter() - t
    found.append(float(sim.results['cum_infections'].values[-1]) / n)
print(json.dumps(dict(seconds=spent, attack=float(np.mean(found)), memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)))
"""

STARSIM = """
import json, resource, sys, time
import numpy as np, starsim as ss
n, days, runs, room, wing, shift, beta = json.loads(sys.argv[1])
def net(name, size, met):
    k = int(n * met / 2); rng = np.random.default_rng(1)
    one = rng.integers(0, n, k); other = np.minimum(one // size * size + rng.integers(0, size, k), n - 1); keep = one != other
    return ss.Network(name=name, p1=one[keep], p2=other[keep], beta=np.ones(keep.sum()))
def make(seed):
    nets = [net('room', *room), net('wing', *wing), net('shift', *shift)]
    sir = ss.SIR(beta={k: ss.perday(beta) for k in ('room', 'wing', 'shift')}, init_prev=max(20, n // 500) / n, dur_inf=ss.constant(ss.days(8)), p_death=0)
    sim = ss.Sim(n_agents=n, start='2020-01-01', dur=days, dt=ss.days(1), networks=nets, diseases=sir, rand_seed=seed, verbose=0)
    sim.init(); return sim
found, spent = [], 0.0
for seed in range(runs):
    sim = make(seed)
    t = time.perf_counter(); sim.run(); spent += time.perf_counter() - t
    d = sim.diseases[0] if hasattr(sim.diseases, '__getitem__') else sim.diseases.sir
    found.append(float(1 - np.asarray(d.susceptible).mean()))
print(json.dumps(dict(seconds=spent, attack=float(np.mean(found)), memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)))
"""

C_LOOP = r"""
#include <stdint.h>
#include <stdlib.h>
static inline uint64_t mix(uint64_t x){x=(x^(x>>30))*0xBF58476D1CE4E5B9ULL;x=(x^(x>>27))*0x94D049BB133111EBULL;return x^(x>>31);}
long sir(int32_t n,int days,int met,int sick,double h,int32_t seeds,uint64_t key){
  int16_t *inf=malloc(2*n);int32_t *act=malloc(4*(size_t)n);long na=0,total=0;
  for(int i=0;i<n;i++)inf[i]=-1;
  for(int i=0;i<seeds;i++){inf[i]=0;act[na++]=i;total++;}
  double p=1.0;{double x=h,t=1,s=1;for(int k=1;k<30;k++){t*=-x/k;s+=t;}p=1.0-s;}
  uint32_t cut=(uint32_t)(p*4294967295.0);
  for(int d=1;d<days;d++){long old=na,w=0;
    for(long a=0;a<old;a++){int32_t i=act[a];uint64_t s=mix(mix(key+(uint64_t)(i+1)*0x9E3779B97F4A7C15ULL)^((uint64_t)(d+1)<<16));
      for(int k=0;k<met;k++){uint64_t b=mix(s+(uint64_t)(k+1)*0x9E3779B97F4A7C15ULL);int32_t j=(int32_t)(((b>>32)*(uint64_t)n)>>32);
        if(inf[j]<0&&(uint32_t)b<cut){inf[j]=d;act[na++]=j;total++;}}}
    for(long a=0;a<na;a++)if(d-inf[act[a]]<sick)act[w++]=act[a];na=w;}
  free(inf);free(act);return total;}
"""


def scenario(n: int, everything: bool) -> Any:
    from lazaretto.twin.scenario import Contacts, Disease, Inflow, Rules, Scenario, Site, StageRule

    rules = Rules(slots_residents=[480, 960, 1200], screen=37.3, confirm=37.3, isolation=StageRule(days=7),
                  quarantine=StageRule(days=7), test_every=0) if everything else Rules()  # fmt: skip
    return Scenario(
        days=DAYS, site=Site(residents=n, staff=0, per_cell=ROOM, cells_per_floor=20, floors_per_wing=1, workshop=SHIFT,
                             workshop_share=1.0, single_rooms=n // 200),
        contacts=Contacts(room_everyone=False, room=MET["room"], floor=0, wing=MET["wing"], work=MET["shift"], meal=0,
                          post_resident=0, weight_other=1.0),
        disease=Disease(r0=2.2, dispersion=4.5, incubation_meanlog=1.5, after_onset=8), inflow=Inflow(first_cases=max(20, n // 500)),
        rules=rules,
    )  # fmt: skip


def own(n: int, runs: int, everything: bool, jobs: int = 1, threads: int = 1) -> dict[str, float]:
    """Time our side; one run before, so that nothing is compiled in the time that counts."""
    import joblib
    import numpy as np

    from lazaretto.twin.day import simulate
    from lazaretto.twin.population import build

    told = scenario(n, everything)
    people = build(told)
    simulate(told, 99, population=people)
    if jobs > 1:
        with joblib.Parallel(n_jobs=jobs) as pool:
            pool(joblib.delayed(_one)(told, k) for k in range(2 * jobs))
            start = time.perf_counter()
            found = pool(joblib.delayed(_one)(told, k) for k in range(runs))
            return {"seconds": time.perf_counter() - start, "attack": float(np.mean(found)), "memory": 0.0}
    start = time.perf_counter()
    found = [simulate(told, k, population=people, threads=threads).total("infections") / n for k in range(runs)]
    spent = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": spent, "attack": float(np.mean(found)), "memory": memory}


def _one(told: Any, run: int) -> float:
    from lazaretto.twin.day import simulate

    return simulate(told, run).total("infections") / told.site.residents


def peer(python: Path, code: str, n: int, runs: int, beta: float, jobs: int = 1) -> dict[str, float]:
    """Time a peer in a process of its own; with more than one job, in as many at once."""
    layers = [[ROOM, MET["room"]], [WING, MET["wing"]], [SHIFT, MET["shift"]]]
    told = json.dumps([n, DAYS, runs // jobs, *layers, beta])
    env = {"PATH": os.environ["PATH"], "HOME": str(HOME), "MPLBACKEND": "Agg", "NUMBA_CACHE_DIR": str(HOME / "numba")}
    started = [subprocess.Popen([python, "-c", code, told], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) for _ in range(jobs)]  # fmt: skip
    found = []
    for process in started:
        out, err = process.communicate()
        if process.returncode:
            raise RuntimeError(err.strip().splitlines()[-1])
        found.append(json.loads(out.strip().splitlines()[-1]))
    return {"seconds": max(f["seconds"] for f in found), "attack": sum(f["attack"] for f in found) / jobs, "memory": max(f["memory"] for f in found)}  # fmt: skip


def installed() -> Path:
    """Return the Python of the peers' environment, made if it is not there."""
    python = HOME / "v" / "bin" / "python"
    if not python.exists():
        venv.create(HOME / "v", with_pip=True)
    if subprocess.run([python, "-c", "import covasim, starsim"], capture_output=True).returncode:
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=True, capture_output=True)
    return python


def plain_sir(n: int) -> None:
    """A plain SIR on our kernels against the loop in C."""
    import ctypes

    from lazaretto.twin.day import simulate
    from lazaretto.twin.population import build
    from lazaretto.twin.scenario import Contacts, Disease, Inflow, Scenario, Site, Switches

    disease = Disease(
        r0=2, asymptomatic_share=0, incubation_sdlog=0, incubation_meanlog=0, before_onset=0, after_onset=7
    )
    told = Scenario(days=DAYS, site=Site(residents=n, staff=0, per_cell=n), disease=disease, inflow=Inflow(first_cases=100),
                    switches=Switches(reporting=False, temperature=False),
                    contacts=Contacts(room_everyone=False, room=10, floor=0, wing=0, work=0, meal=0, post_resident=0))  # fmt: skip
    people = build(told)
    simulate(told, 9, population=people)
    start = time.perf_counter()
    attack = simulate(told, 1, population=people).total("infections") / n
    ours = time.perf_counter() - start
    HOME.mkdir(parents=True, exist_ok=True)
    source = HOME / "sir.c"
    source.write_text(C_LOOP)
    if subprocess.run(
        ["cc", "-O3", "-shared", "-fPIC", "-o", str(HOME / "sir.so"), str(source)], capture_output=True
    ).returncode:
        say("no C compiler: the loop is left out")
        return
    loop = ctypes.CDLL(str(HOME / "sir.so")).sir
    loop.restype = ctypes.c_long
    start = time.perf_counter()
    total = loop(n, DAYS, 10, 7, ctypes.c_double(2 / 70), 100, ctypes.c_uint64(5))
    theirs = time.perf_counter() - start
    say(
        f"plain SIR, {n:,}: {ours:.2f} s, C {theirs:.2f} s, ratio {ours / theirs:.1f}; attack {attack:.1%} and {total / n:.1%}"
    )


def main() -> None:
    n, runs = (int(a) for a in [*sys.argv[1:3], *("500000", "100")[len(sys.argv[1:3]) :]])
    say(MECHANISMS)
    plain_sir(n)
    peers = own(n, 1, everything=False, threads=2)
    say(
        f"twin, peer's set     {n:>8,} x {DAYS} d: {peers['seconds']:7.2f} s  {peers['memory']:6.0f} MB  attack {peers['attack']:.1%}"
    )
    ours = own(n, 1, everything=True, threads=2)
    say(
        f"twin, all of ours    {n:>8,} x {DAYS} d: {ours['seconds']:7.2f} s  {ours['memory']:6.0f} MB  attack {ours['attack']:.1%}"
    )
    many = own(5000, runs, everything=False, jobs=2)
    say(f"twin, {runs} x 5,000 on 2 cores: {many['seconds']:.2f} s  attack {many['attack']:.1%}")
    for name, beta in BETAS:
        code = COVASIM if name == "covasim" else STARSIM
        try:
            python = installed()
            one = peer(python, code, n, 1, beta)
            some = peer(python, code, 5000, max(2, runs // 10 // 2 * 2), beta, jobs=2)
        except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
            say(f"{name}: not measured ({error}); recorded: {RECORDED.get(name, 'nothing')}")
            continue
        say(f"{name:20} {n:>8,} x {DAYS} d: {one['seconds']:7.2f} s  {one['memory']:6.0f} MB  attack {one['attack']:.1%}  "
            f"ratio {one['seconds'] / peers['seconds']:.1f} (peer's set), {one['seconds'] / ours['seconds']:.1f} (all of ours); "
            f"memory {ours['memory'] / one['memory']:.2f}")  # fmt: skip
        full = some["seconds"] * runs / max(2, runs // 10 // 2 * 2)
        say(
            f"{name:20} {runs} x 5,000 on 2 cores: {full:.2f} s (from a tenth)  attack {some['attack']:.1%}  ratio {full / many['seconds']:.1f}"
        )


if __name__ == "__main__":
    main()
