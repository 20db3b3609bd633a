"""How cost grows, as one SVG: connections and sessions against throughput, latency and memory."""

import math

COLOURS = {"carafe": "#b3261e", "nginx": "#1b6e3c", "axum": "#1f5fa8", "actix": "#7a4fb0", "floor": "#777777", "sessions": "#b3261e"}
WIDTH, HEIGHT, LEFT, TOP = 300, 190, 62, 46
MEASURES = [("requests a second", 1, 1), ("99 % are answered within, ms", 2, 1), ("memory, MiB", 3, 2**20)]


def plot(growth):
    """The picture's text. `growth`: by name, points of (count, rate, p99 in ms, memory in bytes)."""
    rows = [
        ("connections", {name: growth[name] for name in COLOURS if name in growth and name != "sessions"}),
        ("sessions in the table", {"sessions": growth["sessions"]}),
    ]
    parts = []
    for row, (what, lines) in enumerate(rows):
        for column, (measure, index, unit) in enumerate(MEASURES):
            series = {name: [(point[0], point[index] / unit) for point in points] for name, points in lines.items()}
            parts.append(panel(column, row, f"{measure}, by {what}", series, from_zero=index == 1))
    width, height = 3 * (WIDTH + LEFT) + 30, 2 * (HEIGHT + 74) + 40
    for at, name in enumerate(name for name in COLOURS if name in growth and name != "sessions"):
        x = LEFT + at * 110
        parts.append(f'<path d="M{x} {height - 14}h22" stroke="{COLOURS[name]}" stroke-width="2.5"/>')
        parts.append(f'<text x="{x + 28}" y="{height - 10}">{name}</text>')
    style = "text{font:12px sans-serif;fill:#222}.t{font-weight:bold}.g{stroke:#ddd}path{fill:none}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="t">'
    title = '<title id="t">How throughput, latency and memory grow with connections and with sessions</title>'
    back = f'<rect width="{width}" height="{height}" fill="#fff"/>'
    return "\n".join([head, title, f"<style>{style}</style>", back, *parts, "</svg>"]) + "\n"


def panel(column, row, title, series, from_zero):
    """One picture: powers of ten to the right; upwards from zero, or powers of ten too."""
    left, top = LEFT + column * (WIDTH + LEFT), TOP + row * (HEIGHT + 74)
    points = [point for line in series.values() for point in line]
    most_x = max(math.log10(max(x, 1)) for x, _ in points) or 1
    ys = [y for _, y in points]
    if from_zero:
        step = nice(max(ys) / 4)
        marks = [step * n for n in range(6) if step * n <= max(ys) * 1.15]
        up = lambda y: top + HEIGHT * (1 - y / (max(ys) * 1.15))
    else:
        low, high = math.floor(math.log10(max(min(ys), 1e-3))), math.ceil(math.log10(max(ys) * 1.05))
        marks = [10.0**n for n in range(low, high + 1)]
        up = lambda y: top + HEIGHT * (1 - (math.log10(max(y, 1e-3)) - low) / (high - low or 1))
    right = lambda x: left + WIDTH * math.log10(max(x, 1)) / most_x
    parts = [f'<text class="t" x="{left}" y="{top - 14}">{title}</text>']
    for mark in marks:
        parts.append(f'<path class="g" d="M{left} {up(mark):.1f}h{WIDTH}"/>')
        parts.append(f'<text x="{left - 6}" y="{up(mark) + 4:.1f}" text-anchor="end">{mark:,g}</text>')
    for power in range(int(most_x) + 1):
        x = right(10**power)
        parts.append(f'<path class="g" d="M{x:.1f} {top}v{HEIGHT}"/>')
        parts.append(f'<text x="{x:.1f}" y="{top + HEIGHT + 18}" text-anchor="middle">{10**power:,}</text>')
    for name, line in series.items():
        path = " ".join(f"{'L' if at else 'M'}{right(x):.1f} {up(y):.1f}" for at, (x, y) in enumerate(line))
        parts.append(f'<path d="{path}" stroke="{COLOURS[name]}" stroke-width="2.5"/>')
    return "\n".join(parts)


def nice(number):
    """The next number of the kind 1, 2, 5, 10."""
    power = 10 ** math.floor(math.log10(number))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= number)
