"""The weight heat map: a click on a cell opens that matrix, and the address keeps it."""

from urllib.parse import unquote

CELL = """
([name, layer]) => {
  const plot = document.querySelector('.js-plotly-plot'), full = plot._fullLayout
  const box = plot.getBoundingClientRect()
  return [
    box.x + full.xaxis._offset + full.xaxis.c2p(full.xaxis._categories.indexOf(name)),
    box.y + full.yaxis._offset + full.yaxis.c2p(full.yaxis._categories.indexOf(layer)),
  ]
}
"""


def test_a_click_on_a_cell_shows_its_distributions(page, stored):
    server, found, _ = stored
    page.goto(f"{server.url}/attention?run={found}")
    page.locator(".js-plotly-plot").nth(1).wait_for()
    for name, layer, key in (("K weight", "1", "1:self:k"), ("V weight", "2", "2:self:v")):
        x, y = page.evaluate(CELL, [name, layer])
        page.mouse.click(x, y)
        wanted = f"cell=encoder:{key}:weight"
        page.wait_for_url(lambda url, part=wanted: part in unquote(url), wait_until="commit")
        page.locator(f'[aria-label*="Distributions of layer {layer} · {name}"]').wait_for()
        page.wait_for_timeout(400)  # plotly takes two clicks within 300 ms for a double click
