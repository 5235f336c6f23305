// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// exportedTypes returns every exported type of the package by its name: those
// that the constructors lead to, by signatures, methods and fields. One in the
// source that they do not lead to fails the test.
func exportedTypes(t *testing.T) map[string]reflect.Type {
	t.Helper()
	monitor := reflect.TypeFor[otelcache.Monitor]()
	types := map[string]reflect.Type{}
	var visit func(reflect.Type)
	visit = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice:
			visit(typ.Elem())
		case reflect.Func:
			for i := range typ.NumIn() {
				visit(typ.In(i))
			}
			for i := range typ.NumOut() {
				visit(typ.Out(i))
			}
		}
		if typ.PkgPath() != monitor.PkgPath() || types[typ.Name()] != nil {
			return
		}
		types[typ.Name()] = typ
		if typ.Kind() == reflect.Struct {
			for _, f := range reflect.VisibleFields(typ) {
				if f.IsExported() {
					visit(f.Type)
				}
			}
		}
		for _, of := range []reflect.Type{typ, reflect.PointerTo(typ)} {
			for i := range of.NumMethod() {
				visit(of.Method(i).Type)
			}
		}
	}
	visit(reflect.TypeOf(otelcache.New))
	visit(reflect.TypeOf(otelcache.NewEngines))
	visit(reflect.TypeOf(otelcache.NewStatsLogger))
	visit(reflect.TypeOf(otelcache.WithTiers))
	for _, name := range typesInSource(t) {
		if types[name] == nil {
			t.Errorf("nothing leads to the type %s: visit a function that has it", name)
		}
	}
	return types
}

func typesInSource(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.TypeSpec); ok && s.Name.IsExported() {
				names = append(names, s.Name.Name)
			}
			return true
		})
	}
	return names
}
