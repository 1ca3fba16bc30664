import type { ComponentChildren } from "preact";

/** A part of the page with its heading. */
export function Card(props: {
  id: string;
  title: string;
  sub?: string | undefined;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="card" id={props.id} aria-labelledby={`${props.id}-title`}>
      <div class="card-head">
        <div>
          <h2 id={`${props.id}-title`}>{props.title}</h2>
          {props.sub === undefined ? null : <p class="sub">{props.sub}</p>}
        </div>
        {props.aside}
      </div>
      {props.children}
    </section>
  );
}
