"""What are Doggerland's places called? Invented words from the sea, none of them a real place, none a judgement."""

import numpy as np

BOROUGHS = (
    "Amberquay", "Brinemark", "Cormorant Wharf", "Driftholme", "Eelgrass", "Foamstead", "Gannetholme", "Halyard Sound",
    "Kelphaven", "Lanternsea", "Mammoth Plain", "Nacreholm",
)  # fmt: skip
STEMS = (
    "Amber", "Auk", "Barnacle", "Brine", "Cockle", "Cuttle", "Dab", "Drift", "Dulse", "Eider", "Foam", "Gannet",
    "Guillemot", "Halyard", "Isinglass", "Keel", "Kelp", "Kittiwake", "Lantern", "Limpet", "Mammoth", "Moonfish",
    "Nacre", "Otolith", "Periwinkle", "Plankton", "Quill", "Razorshell", "Samphire", "Seaholly", "Spindrift", "Topsail",
    "Turbot", "Urchin", "Whelk", "Wrack",
)  # fmt: skip
WARD_ENDINGS = ("haven", "holm", "mere", "moor", "quay", "reach", "shoal", "stead", "strand", "wharf")
SHARED_WARDS = ("Lighthouse", "Lighthouse", "Lighthouse", "Ropewalk", "Ropewalk", "Sailmakers", "Sailmakers")
STREET_ENDINGS = ("Street", "Road", "Lane", "Row", "Gardens", "Close", "Avenue", "Walk", "Steps", "Crescent", "Place")
SETTINGS = (
    "Supermarket",
    "Parking Area",
    "Shopping Area",
    "Petrol Station",
    "Sports/Recreation Area",
    "Park/Open Space",
)
"""What police.uk prints where the map point is no street."""


def borough_names(rng: np.random.Generator, count: int) -> list[str]:
    """As many borough names as wanted, each once."""
    return [str(name) for name in rng.permutation(BOROUGHS)[:count]]


def ward_names(rng: np.random.Generator, ward_borough: np.ndarray) -> list[str]:
    """One name for each ward. A few are shared by wards of different boroughs, as in London."""
    compounds = [stem + ending for stem in STEMS for ending in WARD_ENDINGS]
    names = [str(name) for name in rng.choice(compounds, len(ward_borough), replace=False)]
    for shared in sorted(set(SHARED_WARDS)):
        boroughs = rng.permutation(np.unique(ward_borough))[: SHARED_WARDS.count(shared)]
        for borough in boroughs:
            free = [w for w in np.flatnonzero(ward_borough == borough) if names[w] not in SHARED_WARDS]
            names[int(rng.choice(free))] = shared
    return names


def street_names(rng: np.random.Generator, count: int) -> list[str]:
    """A location text for each map point, as police.uk writes them: mostly streets, here and there a setting."""
    streets = [f"{stem} {ending}" for stem in STEMS for ending in STREET_ENDINGS]
    chosen = np.where(rng.random(count) < 0.08, rng.choice(SETTINGS, count), rng.choice(streets, count))
    return [f"On or near {name}" for name in chosen]
