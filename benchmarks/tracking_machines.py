"""Which machines fetch a mail's image and links, each as it is known to behave."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchmarks.tracking_actors import HOUR, OWN_NETWORK, Stage, browser, hosting_network, telephone, vendor_network
from crm_model.tracking import Fetcher


def none(_stage: Stage, _delivered: float) -> None:
    return


def safelinks(stage: Stage, delivered: float) -> None:
    """Microsoft's: ordinary names, many addresses of one cloud, all links within seconds; some again hours later."""
    chance, weather = stage.chance, stage.weather

    def network() -> str:
        return vendor_network("microsoft", weather.unlisted, chance)

    at = delivered + chance.uniform(0.5, 45)
    agent = telephone(chance) if chance.random() < 0.15 else browser(chance)
    if chance.random() < 0.4:
        stage.fetch(Fetcher.SCANNER, stage.pixel, at - 0.2, agent, network())
    stage.sweep(at, lambda: chance.uniform(0.02, 0.7), agent, network)
    if chance.random() < 0.2:
        stage.sweep(at + chance.uniform(0.5, 48) * HOUR, lambda: chance.uniform(0.02, 0.7), browser(chance), network)


def mimecast(stage: Stage, delivered: float) -> None:
    """A gateway: before delivery, the whole set in a few seconds, under the name of an old browser."""
    chance = stage.chance
    network = vendor_network("mimecast", stage.weather.unlisted, chance)
    at, agent = delivered + chance.uniform(-1.5, 6), browser(chance, age_years=4.5)
    if chance.random() < 0.5:
        stage.fetch(Fetcher.SCANNER, stage.pixel, at - 0.1, agent, network)
    method = "HEAD" if chance.random() < 0.3 else "GET"
    stage.sweep(at, lambda: chance.uniform(0.05, 0.8), agent, lambda: network, method)


def proofpoint(stage: Stage, delivered: float) -> None:
    chance = stage.chance
    vendor = "amazon" if chance.random() < 0.3 else "proofpoint"
    network = vendor_network(vendor, stage.weather.unlisted, chance)
    at, agent = delivered + chance.uniform(1, 40), browser(chance, age_years=4)
    if chance.random() < 0.6:
        stage.fetch(Fetcher.SCANNER, stage.pixel, at - 0.5, agent, network)
    stage.sweep(at, lambda: chance.uniform(0.2, 1.2), agent, lambda: network)


def barracuda(stage: Stage, delivered: float) -> None:
    """Often under its own name; often at the first link alone."""
    chance = stage.chance
    network = vendor_network("amazon", stage.weather.unlisted, chance)
    agent = chance.choice(["Barracuda Sentinel (EE)", "BarracudaCentral", browser(chance, age_years=5)])
    at = delivered + chance.uniform(1, 30)
    if chance.random() < 0.5:
        stage.fetch(Fetcher.SCANNER, stage.links[0], at, agent, network)
    else:
        stage.sweep(at, lambda: chance.uniform(0.05, 0.5), agent, lambda: network)


def heads(stage: Stage, delivered: float) -> None:
    """A box in the office, behind the same door as its people: the heads of all links, then some links whole."""
    chance, office = stage.chance, stage.organisation.office
    at, agent = delivered + chance.uniform(0.5, 20), "WebGate/7.4"
    stage.sweep(at, lambda: chance.uniform(0.02, 0.3), agent, lambda: office, "HEAD")
    for link in stage.links:
        if chance.random() < 0.4:
            stage.fetch(Fetcher.SCANNER, link, at + chance.uniform(2, 6), agent, office)


def strange(stage: Stage, delivered: float) -> None:
    """A scanner that nobody knows: rented machines, the name of a new browser, no hurry; some come back to a link."""
    chance, network = stage.chance, stage.organisation.strange_network
    at, agent = delivered + chance.uniform(3, 90), browser(chance)
    if chance.random() < 0.5:
        stage.fetch(Fetcher.SCANNER, stage.pixel, at - chance.uniform(0.2, 3), agent, network)
    stage.sweep(at, lambda: chance.uniform(0.2, 2.2), agent, lambda: network)
    if chance.random() < 0.1:
        again = at + chance.uniform(0.5, 40) * HOUR
        stage.fetch(Fetcher.SCANNER, chance.choice(stage.links), again, browser(chance), network)


SCANNERS: Mapping[str, Callable[[Stage, float], None]] = {
    "none": none,
    "safelinks": safelinks,
    "mimecast": mimecast,
    "proofpoint": proofpoint,
    "barracuda": barracuda,
    "heads": heads,
    "strange": strange,
}


def visit_by_strangers(stage: Stage, delivered: float) -> None:
    """One of us looks at his sent mail; robots follow links that leaked."""
    chance = stage.chance
    if chance.random() < 0.08:
        agent = browser(chance)
        stage.fetch(Fetcher.OURSELVES, stage.pixel, delivered + chance.uniform(2, 8 * HOUR), agent, OWN_NETWORK)
    if chance.random() < 0.03:
        agent = chance.choice(
            [
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                "python-requests/2.32.3",
                "curl/8.9.1",
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0",
                "Go-http-client/2.0",
            ]
        )
        stage.fetch(
            Fetcher.BOT,
            chance.choice(stage.links),
            delivered + chance.uniform(1, 200) * HOUR,
            agent,
            hosting_network(chance),
        )
