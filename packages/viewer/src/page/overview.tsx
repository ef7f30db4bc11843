import { useEffect, useRef, useState } from 'preact/hooks';
import { theme } from './theme.ts';
import { serviceClass } from './service-color.ts';
import { rows, tree, zoom } from './viewer-model.ts';

const HEIGHT = 40;

/** The whole trace in small. Dragging chooses the part that the waterfall shows; a double click shows all again. */
export function Overview() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drag, setDrag] = useState<readonly [number, number] | undefined>(undefined);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const systemTheme = useSystemTheme();
  useEffect(() => {
    const frame = requestAnimationFrame(() => canvas.current && draw(canvas.current, width));
    return () => cancelAnimationFrame(frame);
  }, [rows.value, width, theme.value, systemTheme]);
  const [from, to] = drag === undefined ? zoom.value : ([Math.min(...drag), Math.max(...drag)] as const);
  const isWhole = from === 0 && to === 1;
  const at = (event: PointerEvent): number => Math.min(1, Math.max(0, event.offsetX / Math.max(1, width)));
  const finish = (): void => {
    if (drag !== undefined && to - from > 0.002) zoom.value = [from, to];
    setDrag(undefined);
  };
  return (
    <div class="overview" onDblClick={() => (zoom.value = [0, 1])} title="Drag to zoom, double click or 0 for all">
      <canvas
        ref={canvas}
        height={HEIGHT}
        role="img"
        aria-label="Overview of the trace; zoom with plus and minus in the waterfall"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag([at(event), at(event)]);
        }}
        onPointerMove={(event) => drag && setDrag([drag[0], at(event)])}
        onPointerUp={finish}
        onPointerCancel={() => setDrag(undefined)}
      />
      {!isWhole && (
        <>
          <div class="overview-shade" style={{ left: 0, width: `${from * 100}%` }} />
          <div class="overview-shade" style={{ left: `${to * 100}%`, right: 0 }} />
          <button type="button" class="button overview-reset" onClick={() => (zoom.value = [0, 1])}>
            Show all
          </button>
        </>
      )}
    </div>
  );
}

/** Draws each row's bar a pixel high or less; the colours are those of the style sheet. */
function draw(canvas: HTMLCanvasElement, width: number): void {
  const context = canvas.getContext('2d');
  if (context === null || width === 0) return;
  const ratio = devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = HEIGHT * ratio;
  const { start, end } = tree.value;
  const length = Math.max(end - start, 1e-6);
  const all = rows.value;
  const barHeight = Math.max(1, Math.min(3, (HEIGHT - 8) / all.length)) * ratio;
  const colors = new Map<string, string>();
  all.forEach((node, index) => {
    const isError = node.span?.status === 'error';
    const key = isError ? 'error' : serviceClass(node.service);
    let color = colors.get(key);
    if (color === undefined) colors.set(key, (color = colorOf(canvas, key)));
    context.fillStyle = color;
    context.globalAlpha = node.span === undefined ? 0.35 : 1;
    const left = ((node.start - start) / length) * canvas.width;
    const right = node.span === undefined ? canvas.width : ((node.end - start) / length) * canvas.width;
    const top = 4 * ratio + (index / Math.max(all.length, 10)) * (canvas.height - 8 * ratio);
    context.fillRect(left, top, Math.max(right - left, ratio), barHeight);
  });
}

function colorOf(canvas: HTMLCanvasElement, key: string): string {
  const probe = document.createElement('i');
  probe.className = key === 'error' ? 'probe-error' : key;
  canvas.parentElement?.append(probe);
  const style = getComputedStyle(probe);
  const color = key === 'error' ? style.color : style.getPropertyValue('--svc');
  probe.remove();
  return color;
}

function useSystemTheme(): boolean {
  const media = matchMedia('(prefers-color-scheme: dark)');
  const [isDark, setDark] = useState(media.matches);
  useEffect(() => {
    const onChange = (event: MediaQueryListEvent): void => setDark(event.matches);
    media.addEventListener('change', onChange);
    return () => media.removeEventListener('change', onChange);
  }, []);
  return isDark;
}
