// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// serverTimeouts are the limits without which a client that is slow, idle or does
// not read holds what a server has for it.
var serverTimeouts = []string{"ReadHeaderTimeout", "ReadTimeout", "WriteTimeout", "IdleTimeout"}

// TestServersHaveTimeouts looks at every HTTP server of the repository but those of
// tests, the programs on pages included.
func TestServersHaveTimeouts(t *testing.T) {
	fset, files := goSources(t)
	for _, page := range pages(t) {
		for i, block := range goBlock.FindAllStringSubmatch(readPage(t, page), -1) {
			name := fmt.Sprintf("%s, block %d", page, i)
			file, err := parser.ParseFile(fset, name, program(block[1]), parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files[name] = file
		}
	}
	servers := 0
	for name, file := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue // a test may want to see what a client does without them
		}
		for _, i := range file.Imports {
			if i.Path.Value == `"net/http"` && i.Name != nil && i.Name.Name != "http" {
				t.Errorf("%s: want net/http under its own name, by which this test finds servers", name)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				if isOfHTTP(n.Type, "Server") {
					servers++
					if missing := missingTimeouts(n); len(missing) > 0 {
						t.Errorf("%v: the server has no %s", fset.Position(n.Pos()), strings.Join(missing, ", "))
					}
				}
			case *ast.ValueSpec:
				if isOfHTTP(n.Type, "Server") && n.Values == nil {
					t.Errorf("%v: want a literal with %s", fset.Position(n.Pos()), strings.Join(serverTimeouts, ", "))
				}
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "new" && isOfHTTP(n.Args[0], "Server") {
					t.Errorf("%v: want a literal with %s", fset.Position(n.Pos()), strings.Join(serverTimeouts, ", "))
				}
				if isOfHTTP(n.Fun, "ListenAndServe", "ListenAndServeTLS", "Serve", "ServeTLS") {
					t.Errorf("%v: a server without timeouts, want an http.Server with %s", fset.Position(n.Pos()), strings.Join(serverTimeouts, ", "))
				}
			}
			return true
		})
	}
	if servers < 3 {
		t.Errorf("%d servers, want those of exporters/prometheus/server, of the examples and of the pages", servers)
	}
}

// isOfHTTP reports whether an expression is one of the names of package net/http.
func isOfHTTP(e ast.Expr, names ...string) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok || !slices.Contains(names, s.Sel.Name) {
		return false
	}
	pkg, ok := s.X.(*ast.Ident)
	return ok && pkg.Name == "http"
}

func missingTimeouts(server *ast.CompositeLit) []string {
	missing := slices.Clone(serverTimeouts)
	for _, element := range server.Elts {
		field, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if value, ok := field.Value.(*ast.BasicLit); ok && value.Kind == token.INT && value.Value == "0" {
			continue // none
		}
		missing = slices.DeleteFunc(missing, func(name string) bool { return field.Key.(*ast.Ident).Name == name })
	}
	return missing
}
