//! `#[derive(Choice)]`.

use proc_macro2::TokenStream;
use quote::quote;
use std::collections::HashSet;
use syn::ext::IdentExt as _;
use syn::{Attribute, Data, DeriveInput, Error, Expr, ExprLit, Fields, Lit, LitStr, Meta, Result, Variant};

/// The implementation of the trait, or the error at the place that causes it.
pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new_spanned(&input.ident, "only an enum has options to choose from"));
    };
    if !input.generics.params.is_empty() {
        return Err(Error::new_spanned(&input.generics, "an enum of options has no generic parameters"));
    }
    if data.variants.is_empty() {
        return Err(Error::new_spanned(&input.ident, "an enum without variants leaves nothing to choose"));
    }
    let mut texts = HashSet::new();
    let mut options = Vec::new();
    for variant in &data.variants {
        let (text, place) = text(variant)?;
        if text.trim().is_empty() {
            return Err(Error::new(place, "the text of an option cannot be empty"));
        }
        if !texts.insert(text.clone()) {
            return Err(Error::new(place, format!("another option has the text {text:?} already")));
        }
        let name = &variant.ident;
        let option = quote!(::llama::ChoiceOption::new(Self::#name, #text));
        options.push(match description(&variant.attrs) {
            Some(words) => quote!(#option.description(#words)),
            None => option,
        });
    }
    let name = &input.ident;
    Ok(quote! {
        #[automatically_derived]
        impl ::llama::Choice for #name {
            fn options() -> ::std::vec::Vec<::llama::ChoiceOption<Self>> {
                ::std::vec![#(#options),*]
            }
        }
    })
}

/// The text of an option, and where it stands.
fn text(variant: &Variant) -> Result<(String, proc_macro2::Span)> {
    if !matches!(variant.fields, Fields::Unit) {
        return Err(Error::new_spanned(variant, "an option is a variant without fields"));
    }
    let mut given = None;
    for attribute in variant.attrs.iter().filter(|attribute| attribute.path().is_ident("choice")) {
        if given.is_some() {
            return Err(Error::new_spanned(attribute, "one text per option"));
        }
        let text: LitStr = attribute.parse_args()?;
        given = Some((text.value(), text.span()));
    }
    Ok(given.unwrap_or_else(|| (variant.ident.unraw().to_string(), variant.ident.span())))
}

/// The first paragraph of the documentation, on one line.
fn description(attributes: &[Attribute]) -> Option<String> {
    let texts = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    // A block comment is one text of several lines.
    let all = texts.collect::<Vec<_>>().join("\n");
    let lines = all.lines().map(str::trim);
    let words: Vec<&str> =
        lines.skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(source: &str) -> Result<String> {
        Ok(expand(&syn::parse_str(source)?)?.to_string().replace(' ', ""))
    }

    #[test]
    fn names_texts_and_descriptions() {
        let code = expanded(
            "enum Mood { Good, #[choice(\"so so\")] Middling, /// Not\n /// good.\n ///\n /// Really.\n Bad }",
        )
        .unwrap();
        assert!(code.contains("ChoiceOption::new(Self::Good,\"Good\"),"), "{code}");
        assert!(code.contains("ChoiceOption::new(Self::Middling,\"soso\"),"), "{code}");
        assert!(code.contains("ChoiceOption::new(Self::Bad,\"Bad\").description(\"Notgood.\")"), "{code}");
    }

    #[test]
    fn raw_names_and_block_comments() {
        let code = expanded("enum Word { r#fn, /** Not\n good.\n\n Really. */ Bad }").unwrap();
        assert!(code.contains("ChoiceOption::new(Self::r#fn,\"fn\"),"), "{code}");
        assert!(code.contains("ChoiceOption::new(Self::Bad,\"Bad\").description(\"Notgood.\")"), "{code}");
        assert!(expanded("enum Word { r#fn, #[choice(\"fn\")] Other }").is_err());
    }

    #[test]
    fn what_cannot_be_options_is_refused() {
        for (source, reason) in [
            ("struct A;", "only an enum"),
            ("enum A {}", "nothing to choose"),
            ("enum A<T> { B }", "generic"),
            ("enum A { B(u8) }", "without fields"),
            ("enum A { B {} }", "without fields"),
            ("enum A { #[choice(\" \")] B }", "cannot be empty"),
            ("enum A { B, #[choice(\"B\")] C }", "already"),
            ("enum A { #[choice(\"B\")] #[choice(\"C\")] B }", "one text"),
            ("enum A { #[choice(7)] B }", "string literal"),
            ("enum A { #[choice] B }", "choice"),
        ] {
            let error = expanded(source).unwrap_err().to_string();
            assert!(error.contains(reason), "{source}: {error}");
        }
    }
}
