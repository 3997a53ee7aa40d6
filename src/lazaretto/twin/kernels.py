"""
The kernels: who is infected today, and what course an infection takes. Only the contacts of infectious people are touched.

They draw only from the streams handed in; `Scenario` checks the bounds of what they are given. Source: docs/explanation/twin.md.
"""

import numpy as np
from numba import njit, uint64

from lazaretto.twin.streams import CONTACT, COURSE, FEVER, SEVERITY, SHEDDING, SYMPTOMS, mixed, nth, stream, unit

_GOLDEN = uint64(0x9E3779B97F4A7C15)
_HALF = 1.0 / 4294967296.0


@njit(cache=True, nogil=True)
def spread(key, day, active, layers, people, course, air):
    """
    Return who was hit today by the given infectious people, by whom, and in which layer, in the order of `active`.

    active     int32 [a]                  infected people who have not recovered
    layers     (group int32 [layers, n]   index of the person's group, -1 for none
                first int32 [groups + 1], members int32 [..]      the members of each group
                everyone uint8 [layers]   1: meets all of the group, 0: draws some
                contacts float64 [layers, 2]   met per day, by a resident and by a member of staff
                rate float64 [layers]     hazard of one contact at full shedding
                mixing float64 [layers, 5]     share of contacts kept, by where somebody is
                density float64 [layers, groups_of_layer or 1]   not used when empty)
    people     (where uint8 [n], staff uint8 [n], susceptible float32 [n])
    course     (infected int16 [n], starts int16 [n], ends int16 [n], symptomatic uint8 [n], shedding float32 [n])
    air        (profile float64 [d], asymptomatic float64)   shedding by day, factor of those without symptoms
    returns    (int32 [hits], int32 [hits], uint8 [hits])   targets may come twice; the first counts
    """
    group, first, members, everyone, contacts, rate, mixing, density = layers
    where, staff, susceptible = people
    infected, starts, ends, symptomatic, shedding = course
    profile, asymptomatic = air
    hit, by, through, n = np.empty(256, np.int32), np.empty(256, np.int32), np.empty(256, np.uint8), 0
    for i in active:
        if day < starts[i] or day >= ends[i]:
            continue
        own = shedding[i] * profile[min(day - starts[i], len(profile) - 1)]
        if symptomatic[i] == 0:
            own *= asymptomatic
        for layer in range(len(rate)):
            g = group[layer, i]
            open_ = mixing[layer, where[i]]
            if g < 0 or open_ == 0.0:
                continue
            a, b = first[g], first[g + 1]
            size = b - a
            if size < 2:
                continue
            start = stream(key, i, day, CONTACT + layer)
            hazard = own * rate[layer] * open_
            # Most contacts fail the draw: it is compared first, with the highest the hazard can be, before anybody is looked up.
            cut = uint64(min(hazard, 1.0) * 4294967296.0)
            met = size
            if everyone[layer] == 0:
                met = int(contacts[layer, staff[i]] * density[g] + unit(start))
            for k in range(met):
                if everyone[layer] == 1:
                    j = members[a + k]
                    bits = nth(start, j) & uint64(0xFFFFFFFF)
                    if bits >= cut or j == i or infected[j] >= 0:
                        continue
                else:
                    bits = mixed(start + uint64(k + 1) * _GOLDEN)
                    if bits & uint64(0xFFFFFFFF) >= cut:
                        continue
                    j = members[a + int(((bits >> uint64(32)) * uint64(size - 1)) >> uint64(32))]
                    if j == i:
                        j = members[b - 1]
                    if infected[j] >= 0:
                        continue
                chance = float(bits & uint64(0xFFFFFFFF)) * _HALF
                h = hazard * mixing[layer, where[j]] * susceptible[j]
                if chance < h and chance < 1.0 - np.exp(-h):
                    if n == len(hit):
                        hit = np.concatenate((hit, np.empty(n, np.int32)))
                        by = np.concatenate((by, np.empty(n, np.int32)))
                        through = np.concatenate((through, np.empty(n, np.uint8)))
                    hit[n], by[n], through[n] = j, i, layer
                    n += 1
    return hit[:n], by[:n], through[:n]


@njit(cache=True, nogil=True)
def infect(key, day, hit, by, through, course, tree, tables, shares):
    """
    Give each susceptible person of `hit` the course of an infection that begins today; return who they are, in order.

    course     (infected, starts, ends int16 [n], symptomatic uint8 [n], shedding float32 [n], onset int16 [n],
                severe uint8 [n], fever float32 [n])   written
    tree       (by int32 [n], layer uint8 [n])   written: who infected whom, and where
    tables     (incubation int16 [t], sick int16 [t], shed float32 [t], normal float32 [t])   quantiles at (k + 1/2) / t
    shares     float64 [5]   of symptomatic, severe among them, feverish among them; days shed before onset; latent days
    """
    infected, starts, ends, symptomatic, shedding, onset, severe, fever = course
    source, layer = tree
    incubation, sick, shed, normal = tables
    found, n = np.empty(len(hit), np.int32), 0
    t = len(incubation)
    for h in range(len(hit)):
        j = hit[h]
        if infected[j] >= 0:
            continue
        infected[j], source[j], layer[j] = day, by[h], through[h]
        start = stream(key, j, 0, COURSE)
        onset[j] = day + incubation[int(unit(nth(start, 0)) * t)]
        ends[j] = onset[j] + sick[int(unit(nth(start, 1)) * t)]
        starts[j] = max(day + int(shares[4]), onset[j] - int(shares[3] + unit(nth(start, 2))))
        symptomatic[j] = unit(nth(stream(key, j, 0, SYMPTOMS), 0)) < shares[0]
        severity = stream(key, j, 0, SEVERITY)
        severe[j] = symptomatic[j] == 1 and unit(nth(severity, 0)) < shares[1]
        feverish = symptomatic[j] == 1 and unit(nth(severity, 1)) < shares[2]
        fever[j] = normal[int(unit(nth(stream(key, j, 0, FEVER), 0)) * t)] if feverish else -99.0
        shedding[j] = shed[int(unit(nth(stream(key, j, 0, SHEDDING), 0)) * t)]
        found[n] = j
        n += 1
    return found[:n]
