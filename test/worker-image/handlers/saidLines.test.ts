import { expect } from "chai";
import fc from "fast-check";
import { SaidLines } from "../../../worker-image/src/handlers/saidLines";

describe("SaidLines", () => {
  function toldOf(output: string): string {
    const said = new SaidLines();
    for (const line of output.split("\n")) said.add(line);
    return said.text();
  }

  const traces: [string, string, string][] = [
    [
      "Node",
      `[eval]:1
function a(){throw new Error('the invoice 17 has no lines')} a()
             ^

Error: the invoice 17 has no lines
    at a ([eval]:1:19)
    at Object.<anonymous> ([eval]:1:62) {
  code: 'E17'
}

Node.js v20.20.0`,
      "[eval]:1 | function a(){throw new Error('the invoice 17 has no lines')} a() | Error: the invoice 17 has no lines | code: 'E17' | }",
    ],
    [
      "Java",
      `Exception in thread "main" java.lang.IllegalStateException: Template invoice-2024 not found
\tat com.example.Templates.find(Templates.java:17)
\tat com.example.App.main(App.java:5)
Caused by: java.io.IOException: disk full
\tat com.example.Disk.read(Disk.java:3)
\t... 12 more`,
      'Exception in thread "main" java.lang.IllegalStateException: Template invoice-2024 not found | Caused by: java.io.IOException: disk full',
    ],
    [
      "Python",
      `Traceback (most recent call last):
  File "/count.py", line 9, in <module>
    main(sys.argv)
    ~~~~^^^^^^^^^^
  File "/count.py", line 5, in main
    raise ValueError("row 17 has no price")
ValueError: row 17 has no price`,
      "Traceback (most recent call last): | ValueError: row 17 has no price",
    ],
    [
      "Go",
      `panic: runtime error: index out of range [5] with length 3

goroutine 1 [running]:
main.main()
\t/tmp/x.go:5 +0x1d
exit status 2`,
      "panic: runtime error: index out of range [5] with length 3",
    ],
    [
      "Rust",
      `thread 'main' panicked at src/main.rs:2:5:
the disk is full
stack backtrace:
   0: rust_begin_unwind
             at /rustc/abc/library/std/src/panicking.rs:617:5
   1: core::panicking::panic_fmt
note: run with RUST_BACKTRACE=full`,
      "thread 'main' panicked at src/main.rs:2:5: | the disk is full | stack backtrace: | 0: rust_begin_unwind | note: run with RUST_BACKTRACE=full",
    ],
    [
      "Ruby, coloured",
      `\u001b[31mx.rb:1:in 'foo': no such row (RuntimeError)\u001b[0m
\tfrom x.rb:2:in 'bar'`,
      "x.rb:1:in 'foo': no such row (RuntimeError)",
    ],
    ["few lines", "one\n\ntwo\n", "one | two"],
    ["nothing", "", ""],
  ];
  for (const [name, output, told] of traces) {
    it(`keeps what matters: ${name}`, () => expect(toldOf(output)).to.equal(told));
  }

  it("keeps first and last lines and the ones that name an error, and marks what is left out", () => {
    const noise = Array.from({ length: 1_000 }, (_, index) => `line ${index}`);
    expect(toldOf(["starting", ...noise, "FATAL: no such table", ...noise].join("\n"))).to.equal(
      "starting | line 0 | … | FATAL: no such table | … | line 995 | line 996 | line 997 | line 998 | line 999",
    );
  });

  it("is of bounded size, and keeps the only line with an error, wherever it stands", () => {
    const line = fc.oneof(
      fc.string(),
      fc.string().map((text) => text.repeat(100)),
      fc.constant("    at x (y:1)"),
    );
    fc.assert(
      fc.property(fc.array(line), fc.array(line), (before, after) => {
        const clean = (lines: string[]) => lines.map((text) => text.replace(/[^\w ]/g, "").replace(/error/gi, ""));
        const told = toldOf([...clean(before), "Error: row 17", ...clean(after)].join("\n"));
        expect(told).to.include("Error: row 17");
        expect(told.length).to.be.at.most(1_700);
      }),
    );
  });
});
