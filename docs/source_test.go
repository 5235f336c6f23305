// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// goSources returns every Go file of the repository, in all modules, by its path.
func goSources(t *testing.T) (*token.FileSet, map[string]*ast.File) {
	t.Helper()
	fset, files := token.NewFileSet(), map[string]*ast.File{}
	for _, path := range repositoryFiles(t, ".go") {
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files[path] = file
	}
	return fset, files
}

// testFunctions returns the functions of each test file of the repository, by their
// names.
func testFunctions(t *testing.T) map[string]map[string]*ast.FuncDecl {
	t.Helper()
	functions := map[string]map[string]*ast.FuncDecl{}
	_, files := goSources(t)
	for path, file := range files {
		if !strings.HasSuffix(path, "_test.go") {
			continue
		}
		functions[path] = map[string]*ast.FuncDecl{}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				functions[path][f.Name.Name] = f
			}
		}
	}
	return functions
}

// calls reports whether a function calls one of a package.
func calls(f *ast.FuncDecl, pkg, name string) bool {
	found := false
	ast.Inspect(f, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if s, ok := call.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == name {
				id, ok := s.X.(*ast.Ident)
				found = found || ok && id.Name == pkg
			}
		}
		return !found
	})
	return found
}
