import { useEffect, useRef, useState, type DragEvent } from "react";

import { concerns, isAbort, problemsFrom, request, type Problem } from "../lib/api.ts";
import { formatBytes } from "../lib/format.ts";
import { formatChips, type Reading } from "../lib/ocr.ts";
import { Problems } from "./Problems.tsx";

/** Draws the image itself rather than a blob: address, which a strict policy would refuse. */
function Preview({ file }: { file: File }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let current = true;
    setFailed(false);
    createImageBitmap(file).then(
      (bitmap) => {
        const element = canvas.current;
        if (current && element !== null) {
          element.width = bitmap.width;
          element.height = bitmap.height;
          element.getContext("2d")?.drawImage(bitmap, 0, 0);
        }
        bitmap.close();
      },
      () => {
        if (current) setFailed(true);
      },
    );
    return () => {
      current = false;
    };
  }, [file]);
  if (failed) return <p className="hint">This browser cannot show the image.</p>;
  return <canvas ref={canvas} className="preview" role="img" aria-label={`Preview of ${file.name}`} />;
}

function ReadingView({ reading }: { reading: Reading }) {
  const { pot, stacks, unit, preprocessing } = reading;
  return (
    <>
      <h2>Read from the screenshot</h2>
      <dl className="facts">
        <div className="amount">
          <dt>Pot</dt>
          <dd>{formatChips(pot, unit)}</dd>
        </div>
      </dl>
      <h3>Stacks</h3>
      {stacks.length === 0 ? (
        <p className="quiet">No stacks found.</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">No.</th>
              <th scope="col" className="number">
                Stack
              </th>
            </tr>
          </thead>
          <tbody>
            {stacks.map((stack, index) => (
              <tr key={index}>
                <td>{index + 1}</td>
                <td className="number">{formatChips(stack, unit)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <h3 className="group" id="ocr-text">
        Text
      </h3>
      {reading.text.trim() === "" ? (
        <p className="quiet">No text found.</p>
      ) : (
        <pre className="read-text" tabIndex={0} aria-labelledby="ocr-text">
          {reading.text}
        </pre>
      )}
      <p className="hint group">Preprocessing: {preprocessing}</p>
    </>
  );
}

export function OcrPage() {
  const [file, setFile] = useState<File | null>(null);
  const [reading, setReading] = useState<Reading | null>(null);
  const [problems, setProblems] = useState<Problem[]>([]);
  const [busy, setBusy] = useState(false);
  const [over, setOver] = useState(false);
  const pending = useRef<AbortController | null>(null);
  useEffect(() => () => pending.current?.abort(), []);

  const read = async (image: File) => {
    pending.current?.abort();
    const stop = new AbortController();
    pending.current = stop;
    setFile(image);
    setReading(null);
    setProblems([]);
    setBusy(true);
    const form = new FormData();
    form.append("image", image);
    try {
      setReading(
        await request<Reading>("/api/ocr", { method: "POST", body: form, signal: stop.signal }),
      );
    } catch (error) {
      if (!isAbort(error)) setProblems(problemsFrom(error));
    } finally {
      if (pending.current === stop) setBusy(false);
    }
  };

  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const image = event.dataTransfer.files[0];
    if (image !== undefined) void read(image);
  };

  return (
    <>
      <h1>Read a table screenshot</h1>
      <div className="columns">
        <section className="panel" aria-label="Image">
          <div
            className={over ? "drop drop-over" : "drop"}
            onDragOver={(event) => {
              event.preventDefault();
              setOver(true);
            }}
            onDragLeave={() => setOver(false)}
            onDrop={drop}
          >
            <div className="choose">
              <input
                id="ocr-image"
                type="file"
                accept="image/png,image/jpeg"
                aria-invalid={problems.some((problem) => concerns(problem, "image"))}
                onChange={(event) => {
                  const image = event.target.files?.[0];
                  // The same file may be chosen again after an error.
                  event.target.value = "";
                  if (image !== undefined) void read(image);
                }}
              />
              <label htmlFor="ocr-image" className="button primary">
                Choose an image
              </label>
            </div>
            <p className="quiet">PNG or JPEG; or drop it here</p>
            {file !== null && (
              <>
                <Preview file={file} />
                <p className="hint">
                  {file.name}, {formatBytes(file.size)}
                </p>
                <button type="button" className="small" disabled={busy} onClick={() => void read(file)}>
                  Read again
                </button>
              </>
            )}
          </div>
          <Problems problems={problems} />
        </section>
        <section className="panel" aria-live="polite" aria-label="Reading" aria-busy={busy}>
          {busy && <p>Reading the image…</p>}
          {reading !== null && <ReadingView reading={reading} />}
          {!busy && reading === null && (
            <p className="quiet">The pot, the stacks and the text of the image appear here.</p>
          )}
        </section>
      </div>
    </>
  );
}
