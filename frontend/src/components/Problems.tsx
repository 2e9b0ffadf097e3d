import { fieldLabel, type Problem } from "../lib/api.ts";

/** Every problem as the field and the reason; announced when it appears. */
export function Problems({ problems }: { problems: readonly Problem[] }) {
  return (
    <div role="alert">
      {problems.length > 0 && (
        <ul className="problems">
          {problems.map((problem, index) => (
            <li key={index}>
              <strong>{fieldLabel(problem.field)}:</strong> {problem.reason}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
