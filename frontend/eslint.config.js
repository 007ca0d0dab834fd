import lit from "eslint-plugin-lit";
import unsanitized from "eslint-plugin-no-unsanitized";
import typescript from "typescript-eslint";

const HTML_FROM_TEXT = "What was said is hostile input: text goes into bindings of a template, never into HTML.";

export default typescript.config(
  { ignores: ["node_modules/"] },
  ...typescript.configs.strictTypeChecked.map((config) => ({ ...config, files: ["src/**/*.ts"] })),
  {
    files: ["src/**/*.ts"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { lit },
    rules: {
      ...lit.configs["flat/recommended"].rules,
      "lit/no-native-attributes": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "@typescript-eslint/no-misused-promises": [
        "error",
        { checksVoidReturn: { attributes: false, arguments: false } },
      ],
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["lit/directives/unsafe-*"], message: HTML_FROM_TEXT }] },
      ],
    },
  },
  {
    plugins: { "no-unsanitized": unsanitized },
    rules: {
      "no-unsanitized/method": "error",
      "no-unsanitized/property": "error",
      "no-restricted-syntax": [
        "error",
        {
          selector: "MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML|srcdoc|setHTMLUnsafe)$/]",
          message: HTML_FROM_TEXT,
        },
        {
          selector: "CallExpression[callee.property.name=/^(write|writeln|parseFromString|createContextualFragment)$/]",
          message: HTML_FROM_TEXT,
        },
        {
          selector: "Identifier[name=/^(unsafeHTML|unsafeSVG|unsafeStatic|unsafeCSS|unsafeMathML)$/]",
          message: HTML_FROM_TEXT,
        },
        {
          selector: "MemberExpression[object.name=/^(localStorage|sessionStorage|indexedDB)$/]",
          message: "Nothing of a home is kept in the browser.",
        },
      ],
    },
  },
);
