//! The derive macro of the `llama` crate. Use it as `llama::Choice`, with the crate's feature `derive`.
#![forbid(unsafe_code)]

mod choice;

use proc_macro::TokenStream;

/// Makes the variants of an enum without fields the options of a decision.
///
/// The text of an option, which is what the model would have to write, is the variant's name, or what
/// `#[choice("...")]` says. The first paragraph of a variant's documentation explains the option to the model.
#[proc_macro_derive(Choice, attributes(choice))]
pub fn derive_choice(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    choice::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
