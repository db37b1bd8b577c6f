"""TypeScript, JSX and JavaScript as the neutral tree: each construct, broken code, and what holds of every tree."""

from __future__ import annotations

from itertools import cycle, islice
from typing import TypeVar

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from halfopen.semantics import tree
from halfopen.semantics.dump import dump
from halfopen.semantics.lower_typescript import lower
from halfopen.source.languages import Language
from halfopen.source.parsing import ParseTooSlow, parse

T = TypeVar("T", bound=tree.Node)


def lowered(source: str | bytes, language: Language = Language.TSX) -> list[tuple[int, tree.Statement]]:
    """Every top-level statement with the offset that its nodes are relative to."""
    data = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    found: list[tuple[int, tree.Statement]] = []
    for node in parse(data, language).root_node.children:
        base = node.start_byte
        found += [(base, statement) for statement in lower(node, data, base)]
    return found


def dumped(source: str, language: Language = Language.TSX) -> str:
    return dump(*(statement for _, statement in lowered(source, language)))


def of_type(source: str, kind: type[T], language: Language = Language.TSX) -> list[T]:
    return [
        node
        for _, statement in lowered(source, language)
        for node in tree.walk(statement)
        if isinstance(node, kind)
    ]


# --- each construct ----------------------------------------------------------------------------

FUNCTIONS = {
    "const f = (a, b = 1, ...rest) => a": "(const f (arrow _ [a b=1 *rest] {{(return a)}}))",
    "const f = async x => { await x }": "(const f (async arrow _ [x] {{(await x)}}))",
    "const f = async => async": "(const f (arrow _ [async] {{(return async)}}))",
    "const f = <T,>(x: T): T => x": "(const f (arrow _ [x:<T>] -> <T> {{(return x)}}))",
    "const f = ({ a, b: c = 2, ...d }: P = {}) => {}": "(const f (arrow _ [(object 'a':a 'b':(:= c 2) ...d):<P>=(object)] {{}}))",
    "const f = ([a, , b = 3, ...c] = []) => {}": "(const f (arrow _ [(list a (opaque:hole) (:= b 3) *c)=(list)] {{}}))",
    "function f(this: Window, a?: number) {}": "(function f (function f [a:<number>] {{}}))",
    "async function* f(): AsyncGenerator<T> { yield a; yield* b; const x = yield }": "(function f (async function* f [] -> <AsyncGenerator<T>> {{(yield a); (yield-from b); (const x (yield))}}))",
    "const f = function named() {}, g = function* () {}, h = async function () {}": (
        "(const f (function named [] {{}}))\n"
        "(const g (function* _ [] {{}}))\n"
        "(const h (async function _ [] {{}}))"
    ),
    "function f(a: string): asserts a is string {}": "(function f (function f [a:<string>] -> <asserts a is string> {{}}))",
    "function f(a): a is string {}": "(function f (function f [a] -> <a is string> {{}}))",
    "function over(a: string): void;\nfunction over(a: any) {}": (
        "(function over)\n(function over (function over [a:<any>] {{}}))"
    ),
}


@pytest.mark.parametrize(("source", "wanted"), FUNCTIONS.items())
def test_functions(source: str, wanted: str) -> None:
    assert dumped(source) == wanted


CLASSES = {
    "class A<T> extends B.C<T> implements D, E {}": "(class A (class A [(. B C)] {{}}))",
    "const C = class Named extends (mixin(A)) {}": "(const C (class Named [(call mixin A)] {{}}))",
    "abstract class A { protected abstract ws: W; abstract m(): void; abstract get x(): number }": "(class A (class A [] {{(field ws :<W>); (function m); (function x)}}))",
    "class A { static count = 0; readonly url: string; #secret?: number = 1; declare x: string; y!: T; accessor z = 1 }": "(class A (class A [] {{(field count 0); (field url :<string>); (field #secret :<number> 1); (field x :<string>); (field y :<T>); (field z 1)}}))",
    "class A { 'quoted-name' = 1; 42 = 2; [key()] = 3; 'm'() {} [Symbol.iterator]() {} }": "(class A (class A [] {{(field quoted-name 1); (field 42 2); (field (opaque:computed (call key)) 3); (function m (method:this m [] {{}})); (function (opaque:computed (. Symbol iterator)) (method:this _ [] {{}}))}}))",
    "class A { onMessage = (e: MessageEvent): void => { this.#ws = e.target } }": "(class A (class A [] {{(field onMessage (arrow _ [e:<MessageEvent>] -> <void> {{(= (. this #ws) (. e target))}}))}}))",
    "class A { static { init() } }": "(class A (class A [] {{{{(call init)}}}}))",
    "class A { constructor(private readonly a: string, public b = 1, readonly c?: X, d: number) { super(); this.d = d } }": "(class A (class A [] {{(function constructor (constructor:this constructor [a:<string> b=1 c:<X> d:<number>] {{(= (. this a) a); (= (. this b) b); (= (. this c) c); (call super); (= (. this d) d)}}))}}))",
    "class A { get open(): boolean { return this.ws?.readyState === 1 } set open(v) {} }": "(class A (class A [] {{(function open (getter:this open [] -> <boolean> {{(return (== (.? (. this ws) readyState) 1))}})); (function open (setter:this open [v] {{}}))}}))",
    "class A { static make() { return new this() } static get g() {} private static async *f() {} }": "(class A (class A [] {{(function make (static:this make [] {{(return (new this))}})); (function g (static:this g [] {{}})); (function f (async static:this* f [] {{}}))}}))",
    "class A { async *stream() {} private async #hidden<T>(): Promise<T> {} override h() {} }": "(class A (class A [] {{(function stream (async method:this* stream [] {{}})); (function #hidden (async method:this #hidden [] -> <Promise<T>> {{}})); (function h (method:this h [] {{}}))}}))",
    "class A { over(a: string): void; over() {} [index: string]: any; }": "(class A (class A [] {{(function over); (function over (method:this over [] {{}}))}}))",
    "@Injectable() @dec class A {}": "(class A (class A [] @(call Injectable) @dec {{}}))",
    "@dec export class A {}": ("(class A (class A [] @dec {{}}))\n(export A)"),
    "export @dec class A {}": ("(class A (class A [] @dec {{}}))\n(export A)"),
    "class A { @Input() name = 'x'; @On('open') @b.c method() {} }": "(class A (class A [] {{(call Input); (field name 'x'); (function method (method:this method [] @(call On 'open') @(. b c) {{}}))}}))",
    "class A { constructor(@Inject(T) private x: X) {} }": "(class A (class A [] {{(function constructor (constructor:this constructor [x:<X>] {{(= (. this x) x)}}))}}))",
}


@pytest.mark.parametrize(("source", "wanted"), CLASSES.items())
def test_classes(source: str, wanted: str) -> None:
    assert dumped(source) == wanted


DECLARATIONS = {
    "const a = 1, b = 2": ("(const a 1)\n(const b 2)"),
    "let a: string, b": ("(let a :<string>)\n(let b)"),
    "var a!: string": "(var a :<string>)",
    "const {a, b: {c = 1, ...d}, [k]: e, 'f-g': h, ...rest} = o": "(const (object 'a':a 'b':(object 'c':(:= c 1) ...d) k:e 'f-g':h ...rest) o)",
    "const [x, [y], , ...z] = p": "(const (list x (list y) (opaque:hole) *z) p)",
    "async () => { await using r = f(); using s = g() }": "(async arrow _ [] {{(const r (call f)); (const s (call g))}})",
    "declare const X: string": "(const X :<string>)",
    "declare function f(a: number): void": "(function f)",
    "declare class K { m(): void; p: string }": "(class K (class K [] {{(function m); (field p :<string>)}}))",
    "declare module 'x' { export function f(): void }": "{{(function f); (export f)}}",
    "declare global { interface Window { ws: WebSocket } }": "{{(= Window <{ ws: WebSocket }>)}}",
    "enum E { A, B = 5, C, D = 'x', F, 'g-h' = 1 << 2, I }": "(const E (object 'A':0 'B':5 'C':6 'D':'x' 'F':(opaque:enum) 'g-h':(<< 1 2) 'I':(opaque:enum)))",
    "const enum E { A = -1, B }": "(const E (object 'A':(- 1) 'B':(opaque:enum)))",
    "declare enum E { A }": "(const E (object 'A':0))",
    "namespace N.M { export const a = 1; function f() {} }": "{{(const a 1); (export a); (function f (function f [] {{}}))}}",
    "module M { a() }": "{{(call a)}}",
    "type T<U> = { a: U } | null": "(= T <{ a: U } | null>)",
    "interface I { a: string; b(): void }": "(= I <{ a: string; b(): void }>)",
    "interface I<T> extends J, K<T> { a: string }": "(= I <extends J, K<T> { a: string }>)",
}


@pytest.mark.parametrize(("source", "wanted"), DECLARATIONS.items())
def test_declarations(source: str, wanted: str) -> None:
    assert dumped(source) == wanted


IMPORTS = {
    "import 'side'": "(import side)",
    "import d from 'm'": "(import m default=d)",
    "import * as ns from 'm'": "(import m *=ns)",
    "import d, {a, b as c, default as e, 'str' as f} from 'm'": "(import m default=d a b=c default=e str=f)",
    "import d, * as ns from 'm'": "(import m default=d *=ns)",
    "import type {A} from 'm'": "(import-type m A)",
    "import type B from 'm'": "(import-type m default=B)",
    "import {type C, d} from 'm'": ("(import m d)\n(import-type m C)"),
    "import {type E} from 'm'": "(import-type m E)",
    "import {type, type as t} from 'm'": "(import m type type=t)",
    "import x = require('m')": "(import m *=x)",
    "import type x = require('m')": "(import-type m *=x)",
    "import y = A.B.C": "(const y (. (. A B) C))",
    "import data from './d.json' with { type: 'json' }": "(import ./d.json default=data)",
    "const x = require('m')": "(import m *=x)",
    "const {a, b: c} = require('m')": "(import m a b=c)",
    "const y = require('m').z": "(import m z=y)",
    "var a = 1, b = require('b')": ("(var a 1)\n(import b *=b)"),
    "const {d = 1} = require('m')": "(const (object 'd':(:= d 1)) (call require 'm'))",
    "const e = require(f)": "(const e (call require f))",
    "const r = await api.get<T>(url)": "(const r (await (call <T> (. api get) url)))",
    "const m = await import('x')": "(const m (await (call import 'x')))",
    "import('y').then(f)": "(call (. (call import 'y') then) f)",
}


@pytest.mark.parametrize(("source", "wanted"), IMPORTS.items())
def test_imports(source: str, wanted: str) -> None:
    assert dumped(source) == wanted


EXPORTS = {
    "export {a, b as c}": "(export a b=c)",
    "export {d as default, default as e} from 'm'": "(export d=default default=e from m)",
    "export * from 'm'": "(export * from m)",
    "export * as ns from 'm'": "(export *=ns from m)",
    "export type {T} from 'm'": "(export T from m)",
    "export {type U}": "(export U)",
    "export const a = 1, {b, c: [d]} = x": (
        "(const a 1)\n(const (object 'b':b 'c':(list d)) x)\n(export a b d)"
    ),
    "export async function f() {}": ("(function f (async function f [] {{}}))\n(export f)"),
    "export class K {}": ("(class K (class K [] {{}}))\n(export K)"),
    "export type T = 1": ("(= T <1>)\n(export T)"),
    "export interface I {}": ("(= I <{}>)\n(export I)"),
    "export enum E {A}": ("(const E (object 'A':0))\n(export E)"),
    "export declare const z: number": ("(const z :<number>)\n(export z)"),
    "export namespace N { a() }": "{{(call a)}}",
    "export default function f() {}": ("(function f (function f [] {{}}))\n(export f=default)"),
    "export default function () {}": "(export (function _ [] {{}}))",
    "export default class A {}": ("(class A (class A [] {{}}))\n(export A=default)"),
    "export default class {}": "(export (class _ [] {{}}))",
    "export default abstract class A {}": ("(class A (class A [] {{}}))\n(export A=default)"),
    "export default () => 1": "(export (arrow _ [] {{(return 1)}}))",
    "export default Foo": "(export Foo=default Foo)",
    "export default memo(Foo)": "(export (call memo Foo))",
    "export default { a: 1 } as const": "(export (object 'a':1))",
    "export default interface I { a: 1 }": ("(= I <{ a: 1 }>)\n(export I=default)"),
    "export = foo": "(export foo=default foo)",
    "export as namespace Foo": "",
    "export import a = b.c": ("(const a (. b c))\n(export a)"),
    "module.exports = {a, b: c, d: 1}": "(export a c=b (object 'a':a 'b':c 'd':1))",
    "module.exports = foo": "(export foo=default foo)",
    "module.exports = exports = X": "(export X=default X)",
    "exports.a = b": "(export b=a)",
    "exports.c = function () {}": ("(var c (function _ [] {{}}))\n(export c)"),
    "module.exports.d = 1": ("(var d 1)\n(export d)"),
    "exports.e = exports.f = void 0": ("(var e f (void 0))\n(export e f)"),
    "function f(exports) { exports.a = 1 }": "(function f (function f [exports] {{(= (. exports a) 1)}}))",
}


@pytest.mark.parametrize(("source", "wanted"), EXPORTS.items())
def test_exports(source: str, wanted: str) -> None:
    assert dumped(source) == wanted


ASSIGNMENTS = {
    "a = b = c": "(= a b c)",
    "a ??= 1": "(??= a 1)",
    "a ||= b": "(or= a b)",
    "a &&= c": "(and= a c)",
    "a += 1": "(+= a 1)",
    "a >>>= 2": "(>>>= a 2)",
    "a **= 2": "(**= a 2)",
    "a.b! -= 1": "(-= (. a b) 1)",
    "[a, b.c, ...d] = e": "(= (list a (. b c) *d) e)",
    "({a, b: c.d, e: f = 1, ...g.h} = i)": "(= (object 'a':a 'b':(. c d) 'e':(:= f 1) ...(. g h)) i)",
    "x = (y = z)": "(= x (:= y z))",
    "f(a += 1)": "(call f (+= a 1))",
    "delete a.b": "(del (. a b))",
    "x = delete a.b": "(= x (opaque:delete (. a b)))",
    "a(), b = 1": ("(call a)\n(= b 1)"),
    "for (;;) (ws = null)": "(count _ _ {{(= ws None)}})",
}


@pytest.mark.parametrize(("source", "wanted"), ASSIGNMENTS.items())
def test_assignments(source: str, wanted: str) -> None:
    assert dumped(source) == wanted


CONTROL_FLOW = {
    "if (a) b(); else if (c) { d() } else if (e) ; else { f() }": "(if a {{(call b)}} {{(if c {{(call d)}} {{(if e {{}} {{(call f)}})}})}})",
    "switch (a) { case 1: case 'b': f(); break; default: { g() } }": "(switch a (case 1 {{}}) (case 'b' {{(call f); (break)}}) (default {{{{(call g)}}}}))",
    "for (let i = 0, n = 2; i < n; i++) {}": "{{(let i 0); (let n 2); (count (< i n) (++ i) {{}})}}",
    "for (;;) { break }": "(count _ _ {{(break)}})",
    "for (i = 0; ; i += 1, j--) continue": "{{(= i 0); (count _ (opaque:sequence (+= i 1) (-- j)) {{(continue)}})}}",
    "for (; a;) b()": "(count a _ {{(call b)}})",
    "for (const x of xs) f(x)": "(for x xs {{(call f x)}})",
    "for (const [k, v] of m) {}": "(for (list k v) m {{}})",
    "for (k in o) {}": "(for k (opaque:keys o) {{}})",
    "for await (const m of ws) {}": "(async-for m ws {{}})",
    "for (x.y of z);": "(for (. x y) z {{}})",
    "while (a) b()": "(while a {{(call b)}})",
    "do { c() } while (d)": "(do-while d {{(call c)}})",
    "outer: for (;;) { continue outer }": "(count _ _ {{(continue)}})",
    "{ a() }": "{{(call a)}}",
    "try { a() } catch { b() } finally { c() }": "(try {{(call a)}} (except {{(call b)}}) finally {{(call c)}})",
    "try {} catch ({message}) {}": "(try {{}} (except as (object 'message':message) {{}}))",
    "try {} catch (e: unknown) {}": "(try {{}} (except as e {{}}))",
    "try {} finally {}": "(try {{}} finally {{}})",
    "throw new Error('x')": "(raise (new Error 'x'))",
    "() => { return }": "(arrow _ [] {{(return)}})",
    "() => { return a, b }": "(arrow _ [] {{(return (opaque:sequence a b))}})",
    "debugger;": "",
    "with (a) { b }": "(with a {{b}})",
    "'use client'": "'use client'",
    "// comment": "",
    "/** doc */ a": "a",
    "#!/usr/bin/env node\nx": "x",
}


@pytest.mark.parametrize(("source", "wanted"), CONTROL_FLOW.items())
def test_control_flow(source: str, wanted: str) -> None:
    assert dumped(source) == wanted


CALLS_AND_MEMBERS = {
    "a.b.c": "(. (. a b) c)",
    "a[0]['b']": "([] ([] a 0) 'b')",
    "a?.b": "(.? a b)",
    "a?.[0]": "([]? a 0)",
    "a?.()": "(call? a)",
    "a.b?.c.d": "(. (.? (. a b) c) d)",
    "a?.<T>(x)": "(call? <T> a x)",
    "this.#x.y": "(. (. this #x) y)",
    "super.close()": "(call (. super close))",
    "super()": "(call super)",
    "f(...a, b, ...c)": "(call f *a b *c)",
    "f<T, U>(x)": "(call <T, U> f x)",
    "new A": "(new A)",
    "new A<T>(x)": "(new <T> A x)",
    "new a.b.C(y).d": "(. (new (. (. a b) C) y) d)",
    "new (f())()": "(new (call f))",
    "create<State>()(init)": "(call (call <State> create) init)",
    "x = a as B": "(= x a)",
    "x = a satisfies B": "(= x a)",
    "x = a!": "(= x a)",
    "x = (a! as unknown as T).c": "(= x (. a c))",
    "f(a as any)": "(call f a)",
    "const g = f<string>": "(const g f)",
    "import.meta.env.VITE_URL": "(. (. (. import meta) env) VITE_URL)",
    "new.target": "(opaque:new.target)",
    "a // c\n  .b /* d */ .c(/* e */)\n  // f\n  .g(/* h */ i, /* j */)": "(call (. (call (. (. a b) c)) g) i)",
}


@pytest.mark.parametrize(("source", "wanted"), CALLS_AND_MEMBERS.items())
def test_calls_and_members(source: str, wanted: str) -> None:
    assert dumped(source) == wanted


OPERATORS = {
    "x = a && b && c || d ?? e": "(= x (?? (or (and a b c) d) e))",
    "x = (a && b) && c": "(= x (and (and a b) c))",
    "x = a === b !== c": "(= x (!= (== a b) c))",
    "x = a == b": "(= x (== a b))",
    "x = a + b + c - d - e": "(= x (- (- (+ a b c) d) e))",
    "x = a * b % c ** d ** e >>> 1": "(= x (>>> (% (* a b) (** c (** d e))) 1))",
    "x = !a": "(= x (not a))",
    "x = ~a": "(= x (~ a))",
    "x = typeof a === 'b'": "(= x (== (typeof a) 'b'))",
    "x = void 0": "(= x (void 0))",
    "x = -1": "(= x (- 1))",
    "a++": "(++ a)",
    "--b": "(-- b)",
    "x = a instanceof B": "(= x (instanceof a B))",
    "x = 'a' in b": "(= x (in 'a' b))",
    "x = #p in o": "(= x (in #p o))",
    "x = a ? b : c ? d : e": "(= x (? a b (? c d e)))",
    "x = (a, b)": "(= x (opaque:sequence a b))",
    "x = await a": "(= x (await a))",
    "x = /* c */ a /* d */ + /* e */ b": "(= x (+ a b))",
}


@pytest.mark.parametrize(("source", "wanted"), OPERATORS.items())
def test_operators(source: str, wanted: str) -> None:
    assert dumped(source) == wanted


LITERALS = {
    "x = [1, 0xff, 1_000, 0b11, 0o17, 017, 089, 1.5, 1e3, 10n, .5, 5., 0x1Fn]": "(= x (list 1 255 1000 3 15 15 89 1.5 1000 10 0.5 5 31))",
    "x = ['a\\'b', '\\u0041\\x41\\101\\0', '\\u{1F600}', '\\uD83D\\uDE00', '\\uD83D', '\\q', 'é', '']": "(= x (list \"a'b\" 'AAA\\x00' '😀' '😀' '\\ud83d' 'q' 'é' ''))",
    "x = 'a\\\nb'": "(= x 'ab')",
    "x = [null, undefined, true, false, this, /a[/]b/gi]": "(= x (list None None True False this (opaque:regex)))",
    "x = `plain`": "(= x 'plain')",
    "x = ``": "(= x '')",
    "x = `a${b}c${`d${e}`}\\n`": '(= x (template "a" {b} "c" {(template "d" {e})} "\\n"))',
    "tag`a${b}`": '(call tag (template "a" {b}))',
    "a.b`x`": '(call (. a b) (template "x"))',
    "x = [, a, , b, ]": "(= x (list (opaque:hole) a (opaque:hole) b))",
    "x = [a, ]": "(= x (list a))",
    "x = [ , ]": "(= x (list (opaque:hole)))",
    "x = [/* c */ , a]": "(= x (list (opaque:hole) a))",
    "x = [...a, b]": "(= x (list *a b))",
    "x = {a, b: 1, 'c': 2, 3: 4, [d]: 5, ...e, async: 1, get: 2}": "(= x (object 'a':a 'b':1 'c':2 3:4 d:5 ...e 'async':1 'get':2))",
    "x = {f() {}, async *g() {}, get h() { return 1 }, set h(v) {}, 'j'() {}, [k]() {}}": "(= x (object 'f':(method:this f [] {{}}) 'g':(async method:this* g [] {{}}) 'h':(getter:this h [] {{(return 1)}}) 'h':(setter:this h [v] {{}}) 'j':(method:this j [] {{}}) k:(method:this _ [] {{}})))",
}


@pytest.mark.parametrize(("source", "wanted"), LITERALS.items())
def test_literals(source: str, wanted: str) -> None:
    assert dumped(source) == wanted


JSX = {
    "x = <A/>": "(= x (jsx A))",
    "x = <></>": "(= x (jsx _))",
    "x = <div className=\"a &amp; b\" on={f} {...p} bare data-x='1' svg:y={1} el=<b/> empty={} />": "(= x (jsx 'div' @className='a & b' @on=f @...p @bare @data-x='1' @svg:y=1 @el=(jsx 'b') @empty=(opaque:empty)))",
    "x = <a.b.C x={1}><my-el/><svg:path/></a.b.C>": "(= x (jsx (. (. a b) C) @x=1 (jsx 'my-el') (jsx 'svg:path')))",
    "x = <this.X/>": "(= x (jsx (. this X)))",
    "x = <List<T> items={a}/>": "(= x (jsx List @items=a))",
    "x = <p>Hello &nbsp; {name}!{' '}{/* c */}</p>": "(= x (jsx 'p' 'Hello \\xa0 ' name '!' ' '))",
    "x = <p>\n  two\n  lines  \n  <b/> end\n</p>": "(= x (jsx 'p' 'two lines' (jsx 'b') ' end'))",
    "x = <p>{...kids}</p>": "(= x (jsx 'p' *kids))",
    'x = <p title="a&b=c">R & D {x}</p>': "(= x (jsx 'p' @title='a&b=c' 'R & D ' x))",
    "x = <A render={() => <b onClick={() => ws.close()}>x</b>} />": "(= x (jsx A @render=(arrow _ [] {{(return (jsx 'b' @onClick=(arrow _ [] {{(return (call (. ws close)))}}) 'x'))}})))",
    "x = ok && <A/>": "(= x (and ok (jsx A)))",
}


@pytest.mark.parametrize(("source", "wanted"), JSX.items())
def test_jsx(source: str, wanted: str) -> None:
    assert dumped(source) == wanted


ONLY_TYPESCRIPT = {
    "x = <T>a": "(= x a)",
    "x = <const>{a: 1}": "(= x (object 'a':1))",
    "const f = <T>(x: T) => x": "(const f (arrow _ [x:<T>] {{(return x)}}))",
}


@pytest.mark.parametrize(("source", "wanted"), ONLY_TYPESCRIPT.items())
def test_what_jsx_has_no_room_for(source: str, wanted: str) -> None:
    assert dumped(source, Language.TYPESCRIPT) == wanted


SHARED = [
    source
    for table in (FUNCTIONS, CLASSES, DECLARATIONS, IMPORTS, EXPORTS, ASSIGNMENTS, CONTROL_FLOW)
    for source in table
]


@pytest.mark.parametrize("source", SHARED)
def test_both_grammars_agree(source: str) -> None:
    assert dumped(source, Language.TYPESCRIPT) == dumped(source, Language.TSX)


HOOK = """\
useEffect(() => {
  const ws = new WebSocket(`${URL}?token=${token}`);
  wsRef.current = ws;
  ws.onmessage = (event) => setMessages((all) => [...all, JSON.parse(event.data) as Message]);
  const timer = setInterval(() => ws?.send('ping'), 30_000);
  return () => {
    clearInterval(timer);
    ws.close(1000);
  };
}, [token]);
"""


def test_an_effect_reads_as_the_plain_calls_it_is() -> None:
    assert dumped(HOOK) == (
        "(call useEffect (arrow _ [] {{"
        '(const ws (new WebSocket (template {URL} "?token=" {token}))); '
        "(= (. wsRef current) ws); "
        "(= (. ws onmessage) (arrow _ [event] {{(return (call setMessages (arrow _ [all] {{"
        "(return (list *all (call (. JSON parse) (. event data))))}})))}})); "
        "(const timer (call setInterval (arrow _ [] {{(return (call (.? ws send) 'ping'))}}) 30000)); "
        "(return (arrow _ [] {{(call clearInterval timer); (call (. ws close) 1000)}}))"
        "}}) (list token))"
    )


# --- where things stand ------------------------------------------------------------------------


def spans(source: str, kind: type[T]) -> list[str]:
    return [
        source.encode()[base + node.start : base + node.end].decode()
        for base, statement in lowered(source)
        for node in tree.walk(statement)
        if isinstance(node, kind)
    ]


def test_a_declaration_of_one_name_spans_its_statement_and_of_several_each_its_own() -> None:
    assert spans("const a = 1;", tree.Assign) == ["const a = 1;"]
    assert spans("let a = 1, b = 2;", tree.Assign) == ["a = 1", "b = 2"]
    assert spans("export const a = 1;", tree.Assign) == ["const a = 1;"]


def test_what_types_wrap_stands_where_it_is_itself() -> None:
    assert spans("x = (value as T)!", tree.Name) == ["x", "value"]
    assert spans("f(value as T)", tree.Argument) == ["value as T"]


def test_an_effect_spans_its_semicolon_and_a_call_does_not() -> None:
    assert spans("ws.close();", tree.Do) == ["ws.close();"]
    assert spans("ws.close();", tree.Call) == ["ws.close()"]


def test_a_definition_starts_after_its_decorators_and_its_assignment_with_them() -> None:
    for source in ("@a @b() class C {}", "@a @b() export class C {}", "class D { @a @b() m() {} }"):
        assert spans(source, tree.Assign)[-1].startswith("@a @b()")
    assert spans("@a export class C {}", tree.Class) == ["class C {}"]
    assert spans("class D { @a async m() {} }", tree.Function) == ["async m() {}"]


def test_types_are_kept_as_they_are_written() -> None:
    source = "const f = <T,>(a: Map<string, T> /* c */ = new Map<string, T>()): void => {}"
    assert sorted(spans(source, tree.TypeText)) == ["Map<string, T>", "string, T", "void"]


def test_a_parameter_property_is_assigned_where_it_is_named() -> None:
    source = "class C { constructor(private url: string) { super() } }"
    (constructor,) = of_type(source, tree.Function)
    assigned = constructor.body.statements[0]
    at = source.index("url")
    assert isinstance(assigned, tree.Assign)
    assert (assigned.start, assigned.end) == (at, at + 3)
    assert assigned.start < constructor.body.start


def test_methods_know_their_receiver_and_functions_have_none() -> None:
    source = "class C { a() {} static b() {} c = () => 1 }; x = { d() {}, e: function () {} }"
    assert [(node.name, node.receiver) for node in of_type(source, tree.Function)] == [
        ("a", "this"),
        ("b", "this"),
        (None, None),
        ("d", "this"),
        (None, None),
    ]


def test_offsets_are_relative_to_the_base() -> None:
    source = "// é\n\nconst socket = new WebSocket(url)"
    ((base, statement),) = lowered(source)
    assert base == len("// é\n\n".encode())
    assert (statement.start, statement.end) == (0, len("const socket = new WebSocket(url)"))


def test_comments_tokens_and_types_say_nothing() -> None:
    for source in ("// a", "/* a */", ";", "", "#!/usr/bin/env node", "<!-- a"):
        assert lowered(source) == []


# --- broken code -------------------------------------------------------------------------------


BROKEN = {
    # A class whose end is missing, and one with a method that does not parse.
    "class A {\n  open() { this.ws = f() }\n  close( {\n  }\n  send() { g() }\n": "open",
    "class A { open() { a() } = ; shut() { b() } }": "shut",
    "class A { open() { a() }; shut(; send() { b() } }": "open",
    # Calls with an end missing.
    "useEffect(() => {\n  const close = () => { ws.close() };\n": "close",
    "export function App() {\n  const close = () => {};\n  return <div><p onClick={close}</div>\n}": "close",
    "const open = () => { a() }; const x = ; const y = ": "open",
    "function open() { if (x { ws.close() } }": "open",
    "switch (a) { case 1: function open() {} break; case": "open",
}


@pytest.mark.parametrize(("source", "name"), BROKEN.items())
def test_the_functions_in_broken_code_are_still_there(source: str, name: str) -> None:
    bound = [
        target.id
        for each in of_type(source, tree.Assign)
        if isinstance(each.value, tree.Function)
        for target in each.targets
        if isinstance(target, tree.Name)
    ]
    assert name in bound


def test_what_did_not_parse_is_a_failed_statement_with_what_can_be_read_of_it() -> None:
    assert dumped("function f() { a(); @ }") == "(function f (function f [] {{(call a); (failed )}}))"
    assert "(call (. ws close))" in dumped("ws. \nfoo(( => ws.close()")
    assert dumped("ws.") == "(failed ws)"


def test_an_error_stands_before_the_statement_it_is_in() -> None:
    source = "function f() { return g(1 @ h()) }"
    (function,) = of_type(source, tree.Function)
    assert [type(each) for each in function.body.statements] == [tree.Failed, tree.Return]


def test_a_bare_ampersand_in_jsx_is_text() -> None:
    assert dumped("x = <b>P&L of {a} R & D</b>") == "(= x (jsx 'b' 'P&L of ' a ' R & D'))"
    assert (
        dumped("x = <b>A & B<i>C</i> & {d & e}</b>") == "(= x (jsx 'b' 'A & B' (jsx 'i' 'C') ' & ' (& d e)))"
    )
    assert of_type("x = <b>Drag & drop</b>", tree.Failed) == []
    assert of_type("x = <a href='/?a=1&section=2'/>", tree.Failed) == []


def test_an_error_in_a_type_is_no_code() -> None:
    source = "async function f(): Promise<import('./types').Row[]> { return g() }"
    assert of_type(source, tree.Failed) == []
    assert len(of_type(source, tree.Call)) == 1


@pytest.mark.parametrize("source", ["x = '\\u{110000}'", "x = '\\u12'", "x = '\\x1'", "x = `\\u`"])
def test_an_invalid_escape_stands_for_itself(source: str) -> None:
    (literal,) = of_type(source, tree.Literal)
    assert literal.value == source[5:-1]


def test_a_number_that_is_no_number_is_opaque() -> None:
    assert dumped("x = " + "9" * 5000) == "(= x (opaque:number))"


# --- size --------------------------------------------------------------------------------------

WIDE = {
    "sum": ("x = " + " + ".join(["a"] * 5000), tree.Name, 5001),
    "alternating operators": ("x = " + " + ".join(["a - b"] * 2500), tree.Name, 5001),
    "else if": ("if (a) b() " + "else if (a) { b() } " * 2000 + "else { b() }", tree.If, 2001),
    "ternary": ("x = " + "a ? b : " * 2000 + "c", tree.Conditional, 2000),
    "method chain": ("a" + ".then(b)" * 5000, tree.Call, 5000),
    "index chain": ("a" + "[0]" * 5000, tree.Index, 5000),
    "non-null chain": ("x = a" + "!.b" * 5000, tree.Member, 5000),
    "array": ("x = [" + "1," * 20000 + "]", tree.Literal, 20000),
    "object": ("x = {" + "a: [1]," * 5000 + "}", tree.Entry, 5000),
    "string": ("x = '" + "\\n" * 50000 + "'", tree.Literal, 1),
    "template": ("x = `" + "a${b}" * 5000 + "`", tree.Name, 5001),
    "arguments": ("f(" + "a," * 5000 + ")", tree.Argument, 5000),
    "statements": ("function f() {" + "a();" * 5000 + "}", tree.Do, 5000),
    "targets": ("a = " * 2000 + "1", tree.Name, 2000),
    "elements": ("x = <a>" + "<b>t</b>" * 5000 + "</a>", tree.Element, 5001),
}


@pytest.mark.parametrize(("source", "kind", "count"), WIDE.values(), ids=WIDE)
def test_wide_code_is_read_whole(source: str, kind: type[tree.Node], count: int) -> None:
    assert len(of_type(source, kind)) == count
    assert "too deep" not in [node.kind for node in of_type(source, tree.Opaque)]


DEEP = {
    "calls": ("f(", "1", ")"),
    "callbacks": ("f(() => { ", "1", " })"),
    "arrows": ("(a) => ", "a", ""),
    "default values": ("(a = ", "1", ") => 1"),
    "objects": ("x = {a: (", "1", ")}"),
    "methods": ("x = {a() { return ", "1", " }}"),
    "arrays": ("[", "1", "]"),
    "keys": ("a[", "1", "]"),
    "elements": ("<a>", "", "</a>"),
    "expressions in elements": ("<a>{", "1", "}</a>"),
    "attributes": ("<a b={", "1", "}/>"),
    "spread attributes": ("<a {...", "1", "}/>"),
    "class fields": ("(class { a = ", "1", " })"),
    "class methods": ("(class { m() { x = ", "1", " } })"),
    "patterns": ("[{a: ", "b", "}] = c"),
    "blocks": ("{", "a()", "}"),
    "conditions": ("if (a) {", "b()", "}"),
    "cases": ("switch (a) { case 1: ", "b()", " }"),
    "tries": ("try {", "a()", "} catch {}"),
    "loops": ("for (;;) ", "a()", ""),
    "functions": ("function f() {", "a()", "}"),
    "namespaces": ("namespace N {", "a()", "}"),
    "labels": ("a: ", "b()", ""),
    "prefixes": ("!", "a", ""),
    "powers": ("2 ** ", "2", ""),
    "templates": ("`${", "a", "}`"),
    "tagged templates": ("a`${", "b", "}`"),
    "constructions": ("new A(", "1", ")"),
    "spreads": ("f(...", "a", ")"),
    "sequences": ("(1, ", "a", ")"),
}


@pytest.mark.parametrize(("opening", "middle", "closing"), DEEP.values(), ids=DEEP)
def test_deep_code_ends_in_an_opaque(opening: str, middle: str, closing: str) -> None:
    source = opening * 400 + middle + closing * 400
    nodes = of_type(source, tree.Opaque)
    assert nodes == [] or "too deep" in [node.kind for node in nodes]
    dumped(source)
    dumped(opening * 400)


def test_code_that_people_write_is_not_too_deep() -> None:
    wrappers = (
        ("f(() => { ", " })"),
        ("if (a) { return ", " }"),
        ("<div>{", "}</div>"),
        ("items.map((x) => ", ")"),
        ("{ a: [", "] }"),
    )
    source = "1"
    for opening, closing in islice(cycle(wrappers[3:]), 24):
        source = opening + source + closing if opening[0] != "{" else f"({opening}{source}{closing})"
    assert "too deep" not in dumped("x = " + source)


# --- what holds of every tree ------------------------------------------------------------------


def check_offsets(data: bytes, language: Language) -> None:
    """Children lie within their parents, names stand where they say.

    Decorators stand before what they decorate, parameter properties before the body that they begin.
    """
    for base, root in lowered(data, language):
        pending: list[tree.Node] = [root]
        while pending:
            node = pending.pop()
            where = (type(node).__name__, node.start, node.end)
            assert 0 <= node.start <= node.end <= len(data) - base, where
            # A name without width is written nowhere: the `this` that a parameter property is set on.
            if isinstance(node, tree.Name) and node.start != node.end:
                assert data[base + node.start : base + node.end].decode("utf-8", "surrogatepass") == node.id
            if isinstance(node, tree.Member):
                assert data[base + node.name_start :].startswith(node.name.encode("utf-8", "surrogatepass"))
            decorators = node.decorators if isinstance(node, tree.Function | tree.Class) else ()
            for child in tree.children(node):
                inner = (type(child).__name__, child.start, child.end)
                if child in decorators:
                    assert child.end <= node.start, (where, inner)
                elif not is_parameter_property(node, child):
                    assert node.start <= child.start <= child.end <= node.end, (where, inner)
                pending.append(child)


def is_parameter_property(block: tree.Node, child: tree.Node) -> bool:
    return isinstance(block, tree.Block) and isinstance(child, tree.Assign) and child.end <= block.start


REALISTIC = """\
'use client';
import React, { useEffect, useRef, type FC } from 'react';
import type { Message } from './types';
const { parse, stringify: show = String } = require('./json');

export enum Status { Idle, Open = 'open', Closed = 1 << 2 }
export type Handler<T> = (event: MessageEvent<T>) => void;
declare global { interface Window { socket?: WebSocket } }

/** Connections, é 😀. */
@Injectable({ scope: 'root' })
export class Client<T extends object> extends (Base as any) implements Disposable {
  static #count = 0;
  private handlers: Map<string, Handler<T>[]> = new Map<string, Handler<T>[]>();
  readonly 'content-type' = `application/${kind}+json;v=\\u{31}`;
  constructor(private readonly url: string, public limit = 1_000, ...rest: number[]) {
    super();
    [this.first, , { a: this.second = 0xff, ...this.others }] = rest;
  }
  get open(): boolean { return this.ws?.readyState === WebSocket.OPEN && !this.closing; }
  @bound async *stream(this: Client<T>, { retries = 3, ...options }: Options = {}): AsyncGenerator<T> {
    outer: for (let attempt = 0, wait = 500; attempt < retries; attempt++, wait *= 2) {
      try {
        for await (const event of this.events!(options?.signal)) yield JSON.parse(event.data) as T;
      } catch (error: unknown) {
        if (error instanceof DOMException) break outer;
        else if (/abort(ed)?/i.test(`${error}`)) return;
        else throw error satisfies unknown;
      } finally { delete this.timers[attempt]; }
      await new Promise<void>((resolve) => setTimeout(resolve, Math.min(wait ** 2, 30e3)));
    }
  }
}

export const Chat: FC<{ url: string }> = ({ url, ...props }) => {
  const [log, setLog] = React.useState<Message[]>([]);
  const ws = useRef<WebSocket | null>(null);
  useEffect(() => {
    const socket = (ws.current = new WebSocket(url));
    socket.onmessage = ({ data }) => {
      switch (data.type) {
        case 'ping': return socket.send(show({ type: 'pong', at: +new Date, [data.id]: -1 }));
        default: setLog((all) => [...all, data]);
      }
    };
    do { props.onTick?.(url) } while (log.length > 0 || void 0);
    return () => { socket.onmessage = null; socket.close(1000, "bye\\n"); };
  }, [url]);
  return (
    <section {...props} data-open={!!ws.current} aria-label="A &amp; B">
      {log.length ? log.map((m, i) => <Line.Item key={i} {...m} />) : <>Nothing&nbsp;yet & done</>}
      <button onClick={async () => (await import('./send')).default(ws.current ?? null)}>Send {/* c */}</button>
    </section>
  );
};
export default React.memo(Chat);
module.exports = { Chat, Client };
"""


FRAGMENTS = (
    *("", "(", ")", "[", "]", "{", "}", "<", ">", "</", "/>", "=>", "`", "${", "'", '"', "/*", "//", "\\u"),
    *(";", ",", ":", "=", ".", "?.", "...", "!", "@", "#x", "&", "0", "é", "😀", "\ud800", "\x00", "\n"),
    *(
        "class ",
        "function ",
        "async ",
        "await ",
        "export ",
        "import ",
        "default ",
        "const ",
        "new ",
        "static ",
    ),
    *("enum E {", "namespace N {", "interface I {", "declare ", "switch (a) { case ", "try {", "catch {"),
    *(
        "for (",
        "if (",
        "else ",
        "return ",
        "using ",
        "yield ",
        "constructor(private a,",
        "<div ",
        "{...",
        "as T",
    ),
)
EDITS = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.one_of(st.integers(0, 12), st.integers(0, 300)),
        st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=3)),
    ),
    min_size=1,
    max_size=6,
)


@given(EDITS, st.sampled_from([Language.TSX, Language.TYPESCRIPT]))
@settings(max_examples=300, deadline=None)
def test_no_edit_breaks_the_lowering(edits: list[tuple[float, int, str]], language: Language) -> None:
    source = REALISTIC
    for place, deleted, inserted in edits:
        at = int(place * len(source))
        source = source[:at] + inserted + source[at + deleted :]
    try:
        check_offsets(source.encode("utf-8", "replace"), language)
    except ParseTooSlow:
        # The grammar has texts on which tree-sitter itself never ends.
        assume(False)


@given(st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_no_bytes_break_the_lowering(data: bytes) -> None:
    try:
        for _, statement in lowered(b"x = '" + data + b"'\n" + data):
            dump(statement)
    except ParseTooSlow:
        assume(False)


def test_offsets_hold_in_code_without_errors() -> None:
    check_offsets(REALISTIC.encode(), Language.TSX)
    assert of_type(REALISTIC, tree.Failed) == []


@pytest.mark.parametrize("source", [*SHARED, *CALLS_AND_MEMBERS, *OPERATORS, *LITERALS, *JSX])
def test_offsets_hold_in_every_construct(source: str) -> None:
    check_offsets(source.encode("utf-8", "surrogatepass"), Language.TSX)
