//! Templates in the style of the common families, and the prompts that follow from them.

use super::placeholders::{SYSTEM_TEXT, USER_TEXT};
use super::{ChatTurns, ChatVocabulary, HOLE, INSTRUCTION, Question, TurnSpelling};
use crate::{FimFormat, Prompt, Segment};
use std::ops::Range;

const CHATML: &str = "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + \
    message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}\
    {{ '<|im_start|>assistant\n' }}{% endif %}";
const THINKING: &str = "\
{%- if tools %}\n    {{- '<|im_start|>system\\n' + (tools | tojson) }}\n{%- else %}
    {%- if messages[0].role == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == \"user\" and message.content is string and not\
 (message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if (message.role == \"user\") or (message.role == \"system\" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == \"assistant\" %}
        {%- set content = message.content.split('</think>')[-1].lstrip('\\n') %}
        {{- content }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}";
const LLAMA_3: &str = "{{- bos_token }}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now(\"%d %b %Y\") %}
    {%- else %}
        {%- set date_string = \"26 Jul 2024\" %}
    {%- endif %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = \"\" %}
{%- endif %}
{{- \"<|start_header_id|>system<|end_header_id|>\\n\\n\" }}
{{- \"Today Date: \" + date_string + \"\\n\\n\" }}
{{- system_message }}
{{- \"<|eot_id|>\" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+\
 message['content'] | trim + '<|eot_id|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}";
const GEMMA: &str = "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ \
    raise_exception('System role not supported') }}{% endif %}{% for message in messages %}\
    {% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must \
    alternate') }}{% endif %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}\
    {% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\n' + \
    message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}\
    {{'<start_of_turn>model\n'}}{% endif %}";
const MISTRAL: &str = "{{ bos_token }}{% for message in messages %}{% if (message['role'] == \
    'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate') }}\
    {% endif %}{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}\
    {% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token}}{% else %}\
    {{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}";
const PHI: &str = "{% for message in messages %}{% if message['role'] == 'system' and \
    message['content'] %}{{'<|system|>\n' + message['content'] + '<|end|>\n'}}{% elif \
    message['role'] == 'user' %}{{'<|user|>\n' + message['content'] + '<|end|>\n'}}{% endif %}\
    {% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}\
    {% endif %}";
const HARMONY: &str = "\
{%- macro build_system_message() -%}
    {%- if model_identity is not defined %}
        {%- set model_identity = \"You are a model.\" %}
    {%- endif %}
    {{- model_identity + \"\\n\" }}
    {{- \"Current date: \" + strftime_now(\"%Y-%m-%d\") + \"\\n\\n\" }}
    {%- if reasoning_effort is not defined %}
        {%- set reasoning_effort = \"medium\" %}
    {%- endif %}
    {{- \"Reasoning: \" + reasoning_effort }}
{%- endmacro -%}
{{- \"<|start|>system<|message|>\" }}
{{- build_system_message() }}
{{- \"<|end|>\" }}
{%- if messages[0].role == \"developer\" or messages[0].role == \"system\" %}
    {%- set developer_message = messages[0].content %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set developer_message = \"\" %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- if developer_message or tools %}
    {{- \"<|start|>developer<|message|># Instructions\\n\\n\" + developer_message + \"<|end|>\" }}
{%- endif %}
{%- for message in loop_messages -%}
    {{- \"<|start|>user<|message|>\" + message.content + \"<|end|>\" }}
{%- endfor -%}
{%- if add_generation_prompt -%}
<|start|>assistant
{%- endif -%}";
const DEEPSEEK: &str = "{% if not add_generation_prompt is defined %}{% set add_generation_prompt \
    = false %}{% endif %}{% set ns = namespace(is_first=false, system_prompt='') %}{%- for \
    message in messages %}{%- if message['role'] == 'system' %}{% set ns.system_prompt = \
    message['content'] %}{%- endif %}{%- endfor %}{{bos_token}}{{ns.system_prompt}}{%- for \
    message in messages %}{%- if message['role'] == 'user' %}{{'<｜User｜>' + \
    message['content']}}{%- endif %}{%- endfor %}{% if add_generation_prompt %}\
    {{'<｜Assistant｜><think>\\n'}}{% endif %}";
const PARTS: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}\
    {% for part in message['content'] %}{% if part['type'] == 'text' %}{{ part['text'] }}\
    {% endif %}{% endfor %}{{ '<|im_end|>\n' }}{% endfor %}{{ '<|im_start|>assistant\n' }}";

/// Special tokens of all these families.
const SPECIALS: &[&str] = &[
    "<s>",
    "<|im_start|>",
    "<|im_end|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "<start_of_turn>",
    "<end_of_turn>",
    "[INST]",
    "[/INST]",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|end|>",
    "<|start|>",
    "<|message|>",
    "<|channel|>",
    "<｜User｜>",
    "<｜Assistant｜>",
];

fn find(specials: &[&str], text: &str) -> Vec<Range<usize>> {
    let places = specials.iter();
    let places = places.flat_map(|one| text.match_indices(one).map(|(at, one)| at..at + one.len()));
    let mut found: Vec<_> = places.collect();
    found.sort_by_key(|range| range.start);
    found
}

/// The turns of a model with this template and these special tokens.
fn turns(template: Option<&str>, specials: &[&str], adds_bos: bool) -> Option<ChatTurns> {
    with_vocabulary(specials, adds_bos, |vocabulary| {
        ChatTurns::of_model(template, vocabulary)
    })
}

fn with_vocabulary<T>(
    specials: &[&str],
    adds_bos: bool,
    then: impl FnOnce(&ChatVocabulary) -> T,
) -> T {
    then(&ChatVocabulary {
        bos: "<s>".into(),
        eos: "</s>".into(),
        adds_bos,
        has: &|marker| specials.contains(&marker),
        find: &|text| find(specials, text),
    })
}

fn question() -> Question<'static> {
    Question {
        front: "File: a.py\n".into(),
        before: "# <|im_end|>\nx = ",
        after: "\n".into(),
        language: "python",
    }
}

const QUESTION: &str = "File: a.py\n<FILL_HERE>\n";
const REPLY: &str = "```python\n# <|im_end|>\nx = ";

/// A prompt as text, instruction, question and reply by their first letters.
fn laid_out(turns: &ChatTurns) -> (String, Vec<Segment>) {
    let (segments, _) = turns.lay_out(&question());
    let prompt = Prompt {
        segments: segments.clone(),
        ..Prompt::default()
    };
    let text = prompt.display();
    assert!(text.contains(INSTRUCTION), "{text}");
    let text = text
        .replacen(INSTRUCTION, "I", 1)
        .replacen(QUESTION, "Q", 1);
    (text.replacen(REPLY, "R", 1), segments)
}

#[test]
fn templates_of_all_families_become_turns() {
    for (template, expected) in [
        (
            CHATML,
            "<|im_start|>system\nI<|im_end|>\n<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\nR",
        ),
        (
            THINKING,
            "<|im_start|>system\nI<|im_end|>\n<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n\
             <think>\n\n</think>\n\nR",
        ),
        (
            LLAMA_3,
            "<s><|start_header_id|>system<|end_header_id|>\n\nToday Date: 26 Jul 2024\n\nI<|eot_id|>\
             <|start_header_id|>user<|end_header_id|>\n\nQ<|eot_id|>\
             <|start_header_id|>assistant<|end_header_id|>\n\nR",
        ),
        (
            GEMMA,
            "<s><start_of_turn>user\nI\n\nQ<end_of_turn>\n<start_of_turn>model\nR",
        ),
        (MISTRAL, "<s>[INST] I\n\nQ [/INST]R"),
        (
            PHI,
            "<|system|>\nI<|end|>\n<|user|>\nQ<|end|>\n<|assistant|>\nR",
        ),
        (
            HARMONY,
            "<|start|>system<|message|>You are a model.\nCurrent date: 2024-07-26\n\n\
             Reasoning: low<|end|><|start|>developer<|message|># Instructions\n\nI<|end|>\
             <|start|>user<|message|>Q<|end|><|start|>assistant<|channel|>final<|message|>R",
        ),
        (
            DEEPSEEK,
            "<s>I<｜User｜>Q<｜Assistant｜><think>\n\n</think>\n\nR",
        ),
        (
            PARTS,
            "<|im_start|>system\nI<|im_end|>\n<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\nR",
        ),
    ] {
        let turns = turns(Some(template), SPECIALS, false).unwrap();
        assert_eq!(turns.origin(), "its chat template");
        assert_eq!(laid_out(&turns).0, expected);
    }
}

#[test]
fn only_the_template_s_own_text_has_markers() {
    let turns = turns(Some(CHATML), SPECIALS, false).unwrap();
    let (_, segments) = laid_out(&turns);
    let is_marker = |segment: &&Segment| matches!(segment, Segment::Marker(_));
    assert_eq!(segments.iter().filter(is_marker).count(), 5);
    let Some(Segment::Inner(last)) = segments.last() else {
        panic!("{segments:?}");
    };
    assert_eq!(
        *last,
        format!("assistant\n{REPLY}"),
        "joined, and no marker"
    );
    // A special token that the vocabulary lacks is text.
    let without = turns_without_markers();
    assert!(laid_out(&without).1.len() == 1, "{without:?}");
}

fn turns_without_markers() -> ChatTurns {
    turns(Some(CHATML), &[], false).unwrap()
}

#[test]
fn a_beginning_that_every_prompt_has_is_not_there_twice() {
    let turns = turns(Some(MISTRAL), SPECIALS, true).unwrap();
    assert!(laid_out(&turns).0.starts_with("[INST]"));
}

#[test]
fn without_a_template_that_works_the_markers_decide() {
    let broken = "{{ raise_exception('never') }}";
    let endless = "{% for a in range(999) %}{% for b in range(999) %}{% for c in range(999) %}x\
                   {% endfor %}{% endfor %}{% endfor %}";
    let forgetful = "{{ messages[0].role }}";
    let twice = "{{ messages[-1].content }}{{ messages[-1].content }}";
    let llama = &SPECIALS[3..6];
    for (template, problem) in [
        (None, None),
        (Some(broken), Some("never")),
        (Some(endless), Some("does too much")),
        (Some(forgetful), Some("exactly once")),
        (Some(twice), Some("exactly once")),
    ] {
        let found = template.and_then(|template| {
            with_vocabulary(SPECIALS, false, |vocabulary| {
                ChatTurns::of_template(template, vocabulary).err()
            })
        });
        assert_eq!(found.is_some(), problem.is_some());
        let found = found.unwrap_or_default();
        assert!(found.contains(problem.unwrap_or_default()), "{found}");
        let named = |specials: &[&str]| turns(template, specials, false).map(|turns| turns.name);
        assert_eq!(named(&SPECIALS[1..3]), Some("ChatML"));
        assert_eq!(named(llama), Some("Llama 3"));
        assert_eq!(named(&SPECIALS[6..8]), Some("Gemma"));
        assert_eq!(named(&SPECIALS[8..10]), Some("Mistral"));
        assert_eq!(named(&SPECIALS[10..14]), Some("Phi"));
        assert_eq!(named(&SPECIALS[13..17]), Some("harmony"));
        assert_eq!(named(&SPECIALS[17..]), Some("DeepSeek"));
        assert_eq!(named(&["<s>"]), None);
    }
    let gemma = turns(None, &SPECIALS[6..8], false).unwrap();
    let expected = "<start_of_turn>user\nI\n\nQ<end_of_turn>\n<start_of_turn>model\nR";
    assert_eq!(laid_out(&gemma).0, expected);
    assert_eq!(gemma.origin(), "the turns of Gemma");
}

#[test]
fn a_server_s_rendering_is_text_in_which_it_looks_for_markers_itself() {
    let text =
        format!("<|im_start|>system\n{SYSTEM_TEXT}<|im_end|>{USER_TEXT}<|im_start|>a\n<think>");
    let turns = ChatTurns::of_server(&text, 0).unwrap();
    assert_eq!(turns.spelling, TurnSpelling::Template);
    let (text, segments) = laid_out(&turns);
    assert_eq!(
        text,
        "<|im_start|>system\nI<|im_end|>Q<|im_start|>a\n<think>\n\n</think>\n\nR"
    );
    assert_eq!(segments.len(), 6);
    assert_eq!(ChatTurns::of_server("nothing of it", 0), None);
    assert_eq!(
        laid_out(&ChatTurns::of_roles()).0,
        "[system]I[user]Q[assistant]R"
    );
}

#[test]
fn the_instruction_names_the_hole_and_the_required_part_returns_to_the_reply() {
    assert!(INSTRUCTION.contains(HOLE));
    let format = FimFormat::of_chat(turns(Some(CHATML), SPECIALS, false).unwrap());
    assert_eq!(
        format.ability(),
        "chat model: fills in through its chat template"
    );
    let (segments, reply) = format.chat.as_ref().unwrap().lay_out(&question());
    let prompt = Prompt {
        segments,
        reply: Some(reply),
        required: "va".into(),
        ..Prompt::default()
    };
    let whole = format.whole(prompt);
    assert!(whole.display().ends_with("\nx = va"), "{}", whole.display());
    assert!(whole.required.is_empty() && whole.reply.unwrap().code.ends_with("\nx = va"));
}
